//! What is read in place of a row that does not exist, so that the time of a statement does not tell.

/// The value of a column to read a row by: this one, or where no row has it, the next one in order, or where
/// there is none either, the first one. Both are
/// looked for in every case, and the greater one once more, so that it makes no difference which one it is.
macro_rules! nearest {
    ($table:literal, $column:literal, $value:literal) => {
        concat!(
            "CASE WHEN ",
            next!($table, $column, ">= ", $value),
            " >= ",
            next!($table, $column, "> ", "''"),
            "
    THEN ",
            next!($table, $column, ">= ", $value),
            "
    ELSE ",
            next!($table, $column, "> ", "''"),
            " END"
        )
    };
}
pub(super) use nearest;

/// The first value of a column in order that is greater than another one, or equal to it.
macro_rules! next {
    ($table:literal, $column:literal, $comparison:literal, $value:literal) => {
        concat!(
            "(SELECT ",
            $column,
            " FROM ",
            $table,
            " WHERE ",
            $column,
            " ",
            $comparison,
            $value,
            " ORDER BY ",
            $column,
            " LIMIT 1)"
        )
    };
}
pub(super) use next;
