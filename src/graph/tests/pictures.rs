//! Small graphs and how they look.

use super::*;
