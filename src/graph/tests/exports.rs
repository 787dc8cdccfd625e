//! Files for other programs.

use super::*;
