//! Tests of requirements.

use super::*;
