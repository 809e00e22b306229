//! `pinfold update` where something goes wrong: what is written, what is told, and with
//! which code it ends.
