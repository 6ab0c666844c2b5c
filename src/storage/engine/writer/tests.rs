//! What only units of our own making can show: panics, failures and lost connections.
