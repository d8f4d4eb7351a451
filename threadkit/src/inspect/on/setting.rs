//! The setting for deadlocks that are found.

use std::env;

use crate::backend::QuietMutex;
use crate::inspect::Policy;
use crate::inspect::report::tell;

/// `None` until it is set, or read from the environment.
static POLICY: QuietMutex<Option<Policy>> = QuietMutex::new(None);

pub(super) fn set(policy: Policy) {
    *POLICY.lock() = Some(policy);
}

pub(super) fn policy() -> Policy {
    *POLICY.lock().get_or_insert_with(|| {
        let asked = env::var("THREADKIT_INSPECT").unwrap_or_default();
        match asked.as_str() {
            "off" => Policy::Off,
            "abort" => Policy::Abort,
            "report" | "" => Policy::Report,
            other => {
                tell(&format!(
                    "THREADKIT_INSPECT is `{other}`, which means nothing; write `off`, `report` or `abort`"
                ));
                Policy::Report
            }
        }
    })
}

/// Whether reports other than those of deadlocks are printed.
pub(super) fn is_told() -> bool {
    !matches!(policy(), Policy::Off)
}
