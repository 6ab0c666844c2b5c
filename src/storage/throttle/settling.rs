//! What attempts were charged, taken back: by itself, and with the session that an attempt opens.
//!
//! Charges nothing.

use crate::{
    model::failure::{Cost, FailureKey, Settlement},
    storage::{Connection, Result, engine::parameters::Parameter, params},
};

/// Takes back one of several failures of a name, with the time of the one before, if it is known.
macro_rules! take_back_one {
    ($key:literal, $before:literal) => {
        concat!(
            "UPDATE sign_in_failures SET failures = failures - 1, last_failed_at = coalesce(",
            $before,
            ", last_failed_at) WHERE failures > 1 AND failure_key = ",
            $key
        )
    };
}
pub(super) use take_back_one;

/// Takes back the only failure of a name.
macro_rules! take_back_only {
    ($key:literal) => {
        concat!("DELETE FROM sign_in_failures WHERE failures = 1 AND failure_key = ", $key)
    };
}
pub(super) use take_back_only;

// One after the other, since others may count at the same time: what the first sees, the second may not.
const TAKE_BACK_ONLY: &str = take_back_only!("$1");
const TAKE_BACK: &str = take_back_one!("$1", "NULL");

/// How many names a statement clears at once: those of an account.
const NAMES: usize = 2;

/// The deletion of the failures counted under two keys.
macro_rules! clear_failures {
    ($one:literal, $other:literal) => {
        concat!("DELETE FROM sign_in_failures WHERE failure_key IN (", $one, ", ", $other, ")")
    };
}
pub(in crate::storage) use clear_failures;

const CLEAR: &str = clear_failures!("$1", "$2");

/// How many costs a statement takes at once: those of an IPv6 address.
pub(super) const COSTS: usize = 3;

/// The payment of costs, of which these are the values: a key and a price for each. An upsert for the sake of
/// the order of its rows, which an UPDATE of several does not have. Where a row does not exist, the one that it
/// inserts has nothing spent.
macro_rules! pay_back_costs {
    ($values:literal, $condition:literal) => {
        concat!(
            "INSERT INTO budgets (budget_key, spent_until)
SELECT column1, -column2 FROM (VALUES ",
            $values,
            ") AS costs
WHERE column1 IS NOT NULL",
            $condition,
            "
ON CONFLICT (budget_key) DO UPDATE SET spent_until = budgets.spent_until + excluded.spent_until"
        )
    };
}
pub(in crate::storage) use pay_back_costs;

const PAY_BACK: &str = pay_back_costs!("($1, $2), ($3, $4), ($5, $6)", "");

/// Takes back what an attempt was charged, in the order in which it is charged: the name first, so that no
/// two attempts wait for each other.
pub(super) async fn settle(connection: &mut Connection, settlement: &Settlement) -> Result<()> {
    clear(connection, &settlement.reset).await?;
    if let Some(key) = settlement.not_tried {
        take_back(connection, &key).await?;
    }
    pay_back(connection, &settlement.costs).await
}

/// What one statement with [`clear_failures!`] and [`pay_back_costs!`] takes back of a settlement: two keys and
/// three costs.
pub(in crate::storage) fn of_settlement(settlement: &Settlement) -> [Parameter<'_>; 8] {
    let [one, other] = of_names(&settlement.reset);
    let [a, b, c, d, e, f] = of_costs(&settlement.costs);
    [one, other, a, b, c, d, e, f]
}

/// Takes back what is in a settlement beyond [`of_settlement`], which is rarely anything.
pub(in crate::storage) async fn settle_rest(
    connection: &mut Connection,
    settlement: &Settlement,
) -> Result<()> {
    let Settlement { costs, reset, not_tried } = settlement;
    clear(connection, reset.get(NAMES..).unwrap_or_default()).await?;
    if let Some(key) = not_tried {
        take_back(connection, key).await?;
    }
    pay_back(connection, costs.get(COSTS..).unwrap_or_default()).await
}

/// Takes back the last failure of a name, whose time stays.
async fn take_back(connection: &mut Connection, key: &FailureKey) -> Result<()> {
    connection.execute(TAKE_BACK_ONLY, params![key.0]).await?;
    connection.execute(TAKE_BACK, params![key.0]).await?;
    Ok(())
}

/// Deletes the failures counted under these keys. Returns how many counts there were.
pub(super) async fn clear(connection: &mut Connection, keys: &[FailureKey]) -> Result<u64> {
    let mut cleared = 0;
    for keys in keys.chunks(NAMES) {
        cleared += connection.execute(CLEAR, &of_names(keys)).await?;
    }
    Ok(cleared)
}

/// The keys of [`clear_failures!`].
fn of_names(keys: &[FailureKey]) -> [Parameter<'_>; 2] {
    [0, 1].map(|it| Parameter::Bytes(keys.get(it).map(|key| &key.0[..])))
}

pub(super) async fn pay_back(connection: &mut Connection, costs: &[Cost]) -> Result<()> {
    for costs in costs.chunks(COSTS) {
        connection.execute(PAY_BACK, &of_costs(costs)).await?;
    }
    Ok(())
}

/// The values of [`pay_back_costs!`].
pub(super) fn of_costs(costs: &[Cost]) -> [Parameter<'_>; 6] {
    let [[a, b], [c, d], [e, f]] = [0, 1, 2].map(|it| of_cost(costs.get(it)));
    [a, b, c, d, e, f]
}

/// The key and the price of a cost.
pub(super) fn of_cost(cost: Option<&Cost>) -> [Parameter<'_>; 2] {
    let price = cost.map(|it| micros(it.price));
    [Parameter::Bytes(cost.map(|it| &it.key.0[..])), Parameter::Integer(price)]
}

pub(super) fn micros(span: std::time::Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
}
