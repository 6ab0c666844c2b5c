//! Attempts to sign in, charged before they are made and settled afterwards, in storage, so that neither a
//! restart nor another replica forgets them.

use claviger_token::time::{MAX_CLOCK_SKEW, Timestamp};

use crate::model::{
    event::Event,
    failure::{Cost, FailureCount, FailureKey, Settlement},
};

use super::{Connection, Result, Storage, error::corrupt, events::append, params};

const FIND: &str = "
SELECT failures, last_failed_at FROM sign_in_failures WHERE failure_key = $1";

// Below a number of failures each attempt is counted. From there on the count is compared with what the caller
// has judged: of two attempts at once, one is judged again.
const COUNT: &str = "
INSERT INTO sign_in_failures (failure_key, failures, last_failed_at, keep_until)
VALUES ($1, 1, $2, $3)
ON CONFLICT (failure_key) DO UPDATE
SET failures = sign_in_failures.failures + 1, last_failed_at = $2, keep_until = $3
WHERE sign_in_failures.failures < $4
    OR (sign_in_failures.failures = $5 AND sign_in_failures.last_failed_at = $6)";

const TAKE_BACK: &str = "
UPDATE sign_in_failures
SET failures = failures - 1, last_failed_at = coalesce($2, last_failed_at)
WHERE failure_key = $1 AND failures > 1";

const TAKE_BACK_ONLY: &str = "
DELETE FROM sign_in_failures WHERE failure_key = $1 AND failures = 1";

const CLEAR: &str = "DELETE FROM sign_in_failures WHERE failure_key IN ($1, $2)";

const FIND_BUDGET: &str = "SELECT spent_until FROM budgets WHERE budget_key = $1";

/// How many costs a statement takes at once: those of an IPv6 address.
const COSTS: usize = 3;

/// What a prefix may have spent at most, with the attempt.
macro_rules! limit {
    () => {
        "CASE excluded.budget_key WHEN $3 THEN $5 WHEN $6 THEN $8 ELSE $11 END"
    };
}

/// What was spent until `$1`, if a clock that is right can have written it, and the price.
macro_rules! spent {
    () => {
        concat!(
            "CASE WHEN budgets.spent_until > $1 AND budgets.spent_until <= $2 + ",
            limit!(),
            " THEN budgets.spent_until ELSE $1 END + (excluded.spent_until - $1)"
        )
    };
}

// All prefixes of an address in one statement, in their order: two attempts from one address never wait for
// each other. A row of values without a key stands for no cost.
const SPEND: &str = concat!(
    "INSERT INTO budgets (budget_key, spent_until)
SELECT column1, $1 + column2 FROM (VALUES ($3, $4), ($6, $7), ($9, $10)) AS costs
WHERE column1 IS NOT NULL
ON CONFLICT (budget_key) DO UPDATE SET spent_until = ",
    spent!(),
    " WHERE ",
    spent!(),
    " <= ",
    limit!(),
    " RETURNING budget_key"
);

// An upsert for the sake of the order of its rows, which an UPDATE of several does not have. Where a row
// does not exist, the one that it inserts has nothing spent.
const PAY_BACK: &str = "
INSERT INTO budgets (budget_key, spent_until)
SELECT column1, -column2 FROM (VALUES ($1, $2), ($3, $4), ($5, $6)) AS costs
WHERE column1 IS NOT NULL
ON CONFLICT (budget_key) DO UPDATE SET spent_until = budgets.spent_until + excluded.spent_until";

/// An attempt that is about to be made.
#[derive(Debug, Clone)]
pub struct Charge {
    /// What it costs the prefixes of its address, the widest first.
    pub costs: Vec<Cost>,
    /// The name that it is for; `None` for a registration.
    pub name: Option<NameCharge>,
    /// The time of the attempt.
    pub now: Timestamp,
}

/// The charge to a name.
#[derive(Debug, Clone, Copy)]
pub struct NameCharge {
    /// The key of the name.
    pub key: FailureKey,
    /// The count that was found, and that allows the attempt.
    pub found: Option<FailureCount>,
    /// Below how many failures attempts are allowed whatever was found.
    pub free: u32,
    /// When the count may be deleted.
    pub keep_until: Timestamp,
}

/// What became of a charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charged {
    /// The attempt may be made.
    Admitted,
    /// The budget of a prefix is spent, and nothing was charged.
    Spent {
        /// Which of the costs it cannot pay.
        cost: usize,
        /// When what it has spent will be paid back.
        until: Timestamp,
    },
    /// The count of the name has changed since it was found, and nothing was charged.
    CountChanged,
}

impl Storage {
    /// The failures counted under each key, in the order of the keys.
    pub async fn find_failures(&self, keys: &[FailureKey]) -> Result<Vec<Option<FailureCount>>> {
        let mut connection = self.read().await?;
        let mut counts = Vec::with_capacity(keys.len());
        for key in keys {
            counts.push(find(&mut connection, key).await?);
        }
        Ok(counts)
    }

    /// Charges an attempt to every budget and to its name, or to none of them.
    pub async fn charge_attempt(&self, charge: Charge) -> Result<Charged> {
        self.write(charge, |c, charge| Box::pin(charge_all(c, charge))).await
    }

    /// Takes back what an attempt was charged.
    pub async fn settle_attempt(&self, settlement: Settlement) -> Result<()> {
        self.write(settlement, |c, settlement| Box::pin(settle(c, settlement))).await
    }

    /// Deletes the failures counted under each key, because an operator unlocks a username.
    pub async fn unlock(&self, keys: Vec<FailureKey>, event: Event) -> Result<()> {
        self.write((keys, event), |c, (keys, event)| {
            Box::pin(async move {
                clear(c, keys).await?;
                append(c, event).await
            })
        })
        .await
    }

    /// Deletes the failures counted under a key. Returns whether there were any.
    pub async fn clear_failures(&self, key: FailureKey) -> Result<bool> {
        let cleared = self.write([key], |c, keys| Box::pin(clear(c, keys))).await?;
        Ok(cleared > 0)
    }
}

async fn find(connection: &mut Connection, key: &FailureKey) -> Result<Option<FailureCount>> {
    let row: Option<(i64, i64)> = connection.find(FIND, params![key.0]).await?;
    let Some((failures, last_failed_at)) = row else { return Ok(None) };
    let invalid = corrupt("sign_in_failures", "failures");
    Ok(Some(FailureCount {
        failures: u32::try_from(failures).map_err(|_| invalid())?,
        last_failed_at: Timestamp::from_micros(last_failed_at),
    }))
}

async fn charge_all(connection: &mut Connection, charge: &Charge) -> Result<Charged> {
    let Charge { costs, name, now } = charge;
    // First, so that nothing is written for a name that may not be tried.
    if let Some(name) = name
        && !count(connection, name, *now).await?
    {
        return Ok(Charged::CountChanged);
    }
    let spent = spend(connection, costs, *now).await?;
    let is_spent = |cost: &Cost| spent.iter().any(|key| key[..] == cost.key.0);
    let Some(index) = costs.iter().position(|it| !is_spent(it)) else {
        return Ok(Charged::Admitted);
    };
    let paid: Vec<Cost> = costs.iter().copied().filter(is_spent).collect();
    pay_back(connection, &paid).await?;
    if let Some(name) = name {
        let before = name.found.map(|it| it.last_failed_at);
        take_back(connection, &name.key, before).await?;
    }
    let (until,): (i64,) = connection.fetch(FIND_BUDGET, params![costs[index].key.0]).await?;
    Ok(Charged::Spent { cost: index, until: Timestamp::from_micros(until) })
}

/// Spends what can be spent. Returns the keys of those costs.
async fn spend(
    connection: &mut Connection,
    costs: &[Cost],
    now: Timestamp,
) -> Result<Vec<Vec<u8>>> {
    let skew = micros(MAX_CLOCK_SKEW);
    let mut spent = Vec::with_capacity(costs.len());
    for costs in costs.chunks(COSTS) {
        let of = |number: usize| {
            let cost = costs.get(number);
            (
                cost.map(|it| it.key.0),
                cost.map(|it| micros(it.price)),
                cost.map(|it| now + it.limit),
            )
        };
        let [a, b, c] = [of(0), of(1), of(2)];
        let parameters = params![now, skew, a.0, a.1, a.2, b.0, b.1, b.2, c.0, c.1, c.2];
        let rows: Vec<(Vec<u8>,)> = connection.list(SPEND, parameters).await?;
        spent.extend(rows.into_iter().map(|(key,)| key));
    }
    Ok(spent)
}

fn micros(span: std::time::Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
}

async fn pay_back(connection: &mut Connection, costs: &[Cost]) -> Result<()> {
    for costs in costs.chunks(COSTS) {
        let of = |number: usize| {
            let cost = costs.get(number);
            (cost.map(|it| it.key.0), cost.map(|it| micros(it.price)))
        };
        let [a, b, c] = [of(0), of(1), of(2)];
        connection.execute(PAY_BACK, params![a.0, a.1, b.0, b.1, c.0, c.1]).await?;
    }
    Ok(())
}

/// Returns `false`, and counts nothing, when the count is no longer the one that was found.
async fn count(connection: &mut Connection, name: &NameCharge, now: Timestamp) -> Result<bool> {
    let NameCharge { key, found, free, keep_until } = name;
    let (failures, at) = found.map_or((0, now), |it| (it.failures, it.last_failed_at));
    let parameters = params![key.0, now, keep_until, free, failures, at];
    Ok(connection.execute(COUNT, parameters).await? == 1)
}

/// Takes back the last failure of a name. `before` is the time of the one before, if it is known.
async fn take_back(
    connection: &mut Connection,
    key: &FailureKey,
    before: Option<Timestamp>,
) -> Result<()> {
    connection.execute(TAKE_BACK_ONLY, params![key.0]).await?;
    connection.execute(TAKE_BACK, params![key.0, before]).await?;
    Ok(())
}

/// Takes back what an attempt was charged, in the order in which it is charged: the name first, so that no
/// two attempts wait for each other.
pub(super) async fn settle(connection: &mut Connection, settlement: &Settlement) -> Result<()> {
    clear(connection, &settlement.reset).await?;
    if let Some(key) = settlement.not_tried {
        take_back(connection, &key, None).await?;
    }
    pay_back(connection, &settlement.costs).await
}

/// Deletes the failures counted under these keys. Returns how many counts there were.
async fn clear(connection: &mut Connection, keys: &[FailureKey]) -> Result<u64> {
    let mut cleared = 0;
    for keys in keys.chunks(2) {
        let of = |number: usize| keys.get(number).map(|it| it.0);
        cleared += connection.execute(CLEAR, params![of(0), of(1)]).await?;
    }
    Ok(cleared)
}
