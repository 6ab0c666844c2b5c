//! Attempts to sign in, charged before they are made and settled afterwards, in storage, so that neither a
//! restart nor another replica forgets them.

use claviger_token::time::{MAX_CLOCK_SKEW, Timestamp};

use crate::model::{
    event::Event,
    failure::{Cost, FailureCount, FailureKey},
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
UPDATE sign_in_failures SET failures = failures - 1 WHERE failure_key = $1 AND failures > 1";

const TAKE_BACK_ONLY: &str = "
DELETE FROM sign_in_failures WHERE failure_key = $1 AND failures = 1";

const CLEAR: &str = "DELETE FROM sign_in_failures WHERE failure_key = $1";

const FIND_BUDGET: &str = "SELECT spent_until FROM budgets WHERE budget_key = $1";

/// What was spent until `$2`, if a clock that is right can have written it.
macro_rules! spent {
    () => {
        "CASE WHEN budgets.spent_until > $2 AND budgets.spent_until <= $5
            THEN budgets.spent_until ELSE $2 END"
    };
}

const SPEND: &str = concat!(
    "INSERT INTO budgets (budget_key, spent_until) VALUES ($1, $2 + $3)
ON CONFLICT (budget_key) DO UPDATE SET spent_until = ",
    spent!(),
    " + $3 WHERE ",
    spent!(),
    " + $3 <= $4"
);

const PAY_BACK: &str = "UPDATE budgets SET spent_until = spent_until - $2 WHERE budget_key = $1";

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

/// The end of an attempt whose charge is taken back.
#[derive(Debug, Clone, Default)]
pub struct Settlement {
    /// The costs that are paid back.
    pub costs: Vec<Cost>,
    /// The names whose counts are reset, after a success.
    pub reset: Vec<FailureKey>,
    /// The name whose last failure was none, because nothing was tried.
    pub not_tried: Option<FailureKey>,
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
                for key in keys {
                    clear(c, key).await?;
                }
                append(c, event).await
            })
        })
        .await
    }

    /// Deletes the failures counted under a key. Returns whether there were any.
    pub async fn clear_failures(&self, key: FailureKey) -> Result<bool> {
        self.write(key, |c, key| Box::pin(clear(c, key))).await
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
    for (index, cost) in charge.costs.iter().enumerate() {
        if !spend(connection, cost, charge.now).await? {
            pay_back(connection, &charge.costs[..index]).await?;
            let (until,): (i64,) = connection.fetch(FIND_BUDGET, params![cost.key.0]).await?;
            return Ok(Charged::Spent { cost: index, until: Timestamp::from_micros(until) });
        }
    }
    let Some(name) = &charge.name else { return Ok(Charged::Admitted) };
    if !count(connection, name, charge.now).await? {
        pay_back(connection, &charge.costs).await?;
        return Ok(Charged::CountChanged);
    }
    Ok(Charged::Admitted)
}

/// Returns `false`, and spends nothing, when too much would be spent.
async fn spend(connection: &mut Connection, cost: &Cost, now: Timestamp) -> Result<bool> {
    let limit = now + cost.limit;
    // The latest time that a clock can have written which is right.
    let believed = limit + MAX_CLOCK_SKEW;
    let price = micros(cost.price);
    let parameters = params![cost.key.0, now, price, limit, believed];
    Ok(connection.execute(SPEND, parameters).await? == 1)
}

fn micros(span: std::time::Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
}

async fn pay_back(connection: &mut Connection, costs: &[Cost]) -> Result<()> {
    for cost in costs {
        connection.execute(PAY_BACK, params![cost.key.0, micros(cost.price)]).await?;
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

async fn settle(connection: &mut Connection, settlement: &Settlement) -> Result<()> {
    pay_back(connection, &settlement.costs).await?;
    for key in &settlement.reset {
        clear(connection, key).await?;
    }
    if let Some(key) = settlement.not_tried {
        connection.execute(TAKE_BACK_ONLY, params![key.0]).await?;
        connection.execute(TAKE_BACK, params![key.0]).await?;
    }
    Ok(())
}

async fn clear(connection: &mut Connection, key: &FailureKey) -> Result<bool> {
    Ok(connection.execute(CLEAR, params![key.0]).await? > 0)
}
