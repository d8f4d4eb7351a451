//! What the system knows of threads: their numbers, their names, and which is the main one.

pub(super) use self::system::{is_main, main_native_id, native_id, rename_current, rename_other};

#[cfg(any(target_os = "linux", target_os = "android"))]
mod system {
    use std::ffi::CString;

    pub(in crate::backend) fn native_id() -> Option<u64> {
        // SAFETY: takes nothing and always succeeds.
        u64::try_from(unsafe { libc::gettid() }).ok()
    }

    /// The main thread is the one whose number is that of the process.
    pub(in crate::backend) fn main_native_id() -> Option<u64> {
        Some(u64::from(std::process::id()))
    }

    pub(in crate::backend) fn is_main() -> bool {
        native_id() == main_native_id()
    }

    pub(in crate::backend) fn rename_current(name: &str) {
        let Ok(name) = CString::new(name) else { return };
        // SAFETY: the first argument is this very thread; the second a NUL-ended string of at most
        // sixteen bytes that outlives the call.
        unsafe { libc::pthread_setname_np(libc::pthread_self(), name.as_ptr()) };
    }

    pub(in crate::backend) fn rename_other(name: &str, native_id: u64) {
        // By the file system, because a pthread handle may be dead by now, which would be undefined
        // behaviour; a wrong id is only an error. The NUL makes the text of an empty name not empty.
        let text = format!("{name}\0");
        let _ = std::fs::write(format!("/proc/self/task/{native_id}/comm"), text);
    }
}

#[cfg(target_vendor = "apple")]
mod system {
    use std::ffi::CString;

    pub(in crate::backend) fn native_id() -> Option<u64> {
        let mut id = 0;
        // SAFETY: a null handle means the current thread; `id` is a valid place for the answer.
        let failed = unsafe { libc::pthread_threadid_np(0, &mut id) };
        (failed == 0).then_some(id)
    }

    pub(in crate::backend) fn main_native_id() -> Option<u64> {
        None
    }

    pub(in crate::backend) fn is_main() -> bool {
        // One for the initial thread, zero for another, and -1 for a thread that is not yet set up.
        // SAFETY: takes nothing and always succeeds.
        unsafe { libc::pthread_main_np() == 1 }
    }

    pub(in crate::backend) fn rename_current(name: &str) {
        let Ok(name) = CString::new(name) else { return };
        // SAFETY: a NUL-ended string that outlives the call. A name that is too long would be refused.
        unsafe { libc::pthread_setname_np(name.as_ptr()) };
    }

    /// This system lets a thread rename only itself.
    pub(in crate::backend) fn rename_other(_name: &str, _native_id: u64) {}
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
mod system {
    pub(in crate::backend) fn native_id() -> Option<u64> {
        None
    }

    pub(in crate::backend) fn main_native_id() -> Option<u64> {
        None
    }

    /// `std` gives its main thread this name. A thread of the program that has it too is taken for the main one if it
    /// asks first; `task` sees to it that there are never two.
    pub(in crate::backend) fn is_main() -> bool {
        std::thread::current().name() == Some("main")
    }

    pub(in crate::backend) fn rename_current(_name: &str) {}

    pub(in crate::backend) fn rename_other(_name: &str, _native_id: u64) {}
}

#[cfg(all(test, any(target_os = "linux", target_os = "android")))]
mod tests {
    use super::*;

    #[test]
    fn the_native_id_is_the_one_that_the_system_lists() {
        let listed =
            || std::path::PathBuf::from(format!("/proc/self/task/{}", native_id().unwrap()));
        let here = native_id();
        assert!(listed().exists());
        std::thread::scope(|s| {
            let elsewhere = s.spawn(|| (native_id(), listed().exists()));
            let (id, exists) = elsewhere.join().unwrap();
            assert!(exists);
            assert_ne!(id, here);
        });
        assert_eq!(native_id(), here);
    }
}
