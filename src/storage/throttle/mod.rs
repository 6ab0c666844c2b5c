//! Attempts to sign in, charged before they are made and settled afterwards, in storage, so that neither a
//! restart nor another replica forgets them.

mod settling;

use claviger_token::time::{MAX_CLOCK_SKEW, Timestamp};

use crate::model::{
    event::Event,
    failure::{Cost, FailureCount, FailureKey, Settlement},
};

use super::{
    Connection, Result, Storage,
    engine::{Joined, parameters::Parameter},
    error::corrupt,
    events::append,
    params,
};
use settling::{
    COSTS, clear, micros, of_cost, of_costs, pay_back, settle, take_back_one, take_back_only,
};
pub(super) use settling::{clear_failures, of_settlement, pay_back_costs, settle_rest};

const FIND: &str = "
SELECT failures, last_failed_at FROM sign_in_failures WHERE failure_key = $1";

// Below a number of failures each attempt is counted. From there on the count is compared with what the caller
// has judged: of two attempts at once, one is judged again.
macro_rules! count {
    () => {
        "INSERT INTO sign_in_failures (failure_key, failures, last_failed_at, keep_until)
VALUES ($12, 1, $1, $13)
ON CONFLICT (failure_key) DO UPDATE
SET failures = sign_in_failures.failures + 1, last_failed_at = $1, keep_until = $13
WHERE sign_in_failures.failures < $14
    OR (sign_in_failures.failures = $15 AND sign_in_failures.last_failed_at = $16)
RETURNING failure_key"
    };
}

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
macro_rules! spend {
    ($condition:literal) => {
        concat!(
            "INSERT INTO budgets (budget_key, spent_until)
SELECT column1, $1 + column2 FROM (VALUES ($3, $4), ($6, $7), ($9, $10)) AS costs
WHERE column1 IS NOT NULL",
            $condition,
            "
ON CONFLICT (budget_key) DO UPDATE SET spent_until = ",
            spent!(),
            " WHERE ",
            spent!(),
            " <= ",
            limit!(),
            " RETURNING budget_key"
        )
    };
}

const SPEND: &str = spend!("");

// The name first, so that nothing is spent for one that may not be tried.
const COUNT_AND_SPEND: Joined = Joined::new(
    concat!(count!(), "; ", spend!(" AND changes() = 1")),
    concat!(
        "WITH counted AS (
    ",
        count!(),
        "),
spent AS (
    ",
        spend!(" AND EXISTS (SELECT 1 FROM counted)"),
        ")
SELECT failure_key FROM counted UNION ALL SELECT budget_key FROM spent"
    ),
);

// What was charged in the same transaction, whose rows are its own until it ends, and what keeps the attempt from
// being made.
const UNDO: Joined = Joined::new(
    concat!(
        pay_back_costs!("($1, $2), ($3, $4), ($5, $6)", ""),
        ";\n",
        take_back_only!("$7"),
        ";\n",
        take_back_one!("$7", "$8"),
        ";\nSELECT spent_until FROM budgets WHERE budget_key = $9"
    ),
    concat!(
        "WITH paid AS (
    ",
        pay_back_costs!("($1, $2), ($3, $4), ($5, $6)", ""),
        "),
deleted AS (
    ",
        take_back_only!("$7"),
        "),
reduced AS (
    ",
        take_back_one!("$7", "$8"),
        ")
SELECT spent_until FROM budgets WHERE budget_key = $9"
    ),
);

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
    let charged = match name {
        Some(name) => count_and_spend(connection, name, costs, *now).await?,
        None => spend(connection, costs, *now).await?,
    };
    let is_charged = |key: &[u8; 32]| charged.iter().any(|(it,)| it[..] == *key);
    if name.is_some_and(|it| !is_charged(&it.key.0)) {
        return Ok(Charged::CountChanged);
    }
    let is_spent = |cost: &Cost| is_charged(&cost.key.0);
    let Some(index) = costs.iter().position(|it| !is_spent(it)) else {
        return Ok(Charged::Admitted);
    };
    let paid: Vec<Cost> = costs.iter().copied().filter(is_spent).collect();
    let until = undo(connection, name.as_ref(), &paid, &costs[index]).await?;
    Ok(Charged::Spent { cost: index, until })
}

/// Takes back what was charged in this transaction, because a cost cannot be paid. Returns until when it is spent.
async fn undo(
    connection: &mut Connection,
    name: Option<&NameCharge>,
    paid: &[Cost],
    refused: &Cost,
) -> Result<Timestamp> {
    let (paid, more) = paid.split_at(paid.len().min(COSTS));
    let key = name.map(|it| it.key.0);
    let before = name.and_then(|it| it.found).map(|it| it.last_failed_at);
    let of_others: &[Parameter<'_>] = params![key, before, refused.key.0];
    let parameters = [&of_costs(paid)[..], of_others].concat();
    let until: Option<(i64,)> = connection.find_joined(UNDO, &parameters).await?;
    pay_back(connection, more).await?;
    // What cannot be paid was spent by others, so there is a row.
    let (until,) = until.ok_or_else(corrupt("budgets", "spent_until"))?;
    Ok(Timestamp::from_micros(until))
}

/// A key that was charged: a name's, or a prefix's.
type KeyRow = (Vec<u8>,);

/// Counts an attempt for a name and spends what can be spent. Returns the keys that were charged; none of them,
/// not even the name's, when its count is no longer the one that was found.
async fn count_and_spend(
    connection: &mut Connection,
    name: &NameCharge,
    costs: &[Cost],
    now: Timestamp,
) -> Result<Vec<KeyRow>> {
    let NameCharge { key, found, free, keep_until } = name;
    let (failures, at) = found.map_or((0, now), |it| (it.failures, it.last_failed_at));
    let (costs, more) = costs.split_at(costs.len().min(COSTS));
    let of_name: &[Parameter<'_>] = params![key.0, keep_until, free, failures, at];
    let parameters = [&of_attempt(costs, now), of_name].concat();
    let mut charged: Vec<KeyRow> = connection.list_joined(COUNT_AND_SPEND, &parameters).await?;
    if !charged.is_empty() {
        charged.extend(spend(connection, more, now).await?);
    }
    Ok(charged)
}

/// Spends what can be spent. Returns the keys of those costs.
async fn spend(connection: &mut Connection, costs: &[Cost], now: Timestamp) -> Result<Vec<KeyRow>> {
    let mut spent = Vec::with_capacity(costs.len());
    for costs in costs.chunks(COSTS) {
        spent.extend(connection.list::<KeyRow>(SPEND, &of_attempt(costs, now)).await?);
    }
    Ok(spent)
}

/// The parameters of [`spend!`].
fn of_attempt(costs: &[Cost], now: Timestamp) -> [Parameter<'_>; 11] {
    let of = |number: usize| {
        let cost = costs.get(number);
        let [key, price] = of_cost(cost);
        [key, price, Parameter::Integer(cost.map(|it| (now + it.limit).as_micros()))]
    };
    let [[a, b, c], [d, e, f], [g, h, i]] = [of(0), of(1), of(2)];
    let (now, skew) = (Some(now.as_micros()), Some(micros(MAX_CLOCK_SKEW)));
    [Parameter::Integer(now), Parameter::Integer(skew), a, b, c, d, e, f, g, h, i]
}
