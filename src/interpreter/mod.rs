//! Finding a Python interpreter and asking it what it is.
