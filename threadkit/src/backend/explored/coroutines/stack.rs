//! The stacks of coroutines. The memory for several of them is asked for at a time.

use core::ptr;
use std::io;
#[cfg(any(target_os = "linux", target_os = "android"))]
use std::sync::OnceLock;

use corosensei::stack::{Stack, StackPointer};

/// How much memory is asked for at a time, if one stack does not need more. None of it is used before it is touched.
const AT_A_TIME: usize = 64 * 1024 * 1024;

/// How many stacks that is at most.
const MOST_AT_A_TIME: usize = 32;

/// The memory for a coroutine. The lowest page of it is one that no code can use.
pub(super) struct CoroutineStack(Memory);

/// The memory for one that nothing has used yet.
pub(super) struct NewStack(Memory);

struct Memory {
    base: StackPointer,
    len: usize,
}

impl NewStack {
    /// Makes some in which at least that many bytes can be used.
    ///
    /// # Errors
    ///
    /// Those of the system, if it has no memory for them.
    pub(super) fn some(size: usize) -> io::Result<Vec<Self>> {
        let page = page_size();
        let len = (size.checked_next_multiple_of(page)).and_then(|size| size.checked_add(page));
        let Some(len) = len.filter(|len| *len <= isize::MAX as usize) else {
            return Err(io::ErrorKind::InvalidInput.into());
        };
        let count = (AT_A_TIME / len).clamp(1, MOST_AT_A_TIME);
        let memory = map(len * count)?;
        let bases = (1..=count).filter_map(|n| StackPointer::new(memory.addr() + n * len));
        Ok(bases.map(|base| Self(Memory { base, len })).collect())
    }

    /// Makes the lowest page one that no code can use.
    ///
    /// # Errors
    ///
    /// Those of the system.
    pub(super) fn protected(self) -> io::Result<CoroutineStack> {
        let page = page_size();
        let start = ptr::without_provenance_mut(self.0.start());
        #[cfg(any(target_os = "linux", target_os = "android"))]
        if mark(start, page) {
            return Ok(CoroutineStack(self.0));
        }
        // SAFETY: the page belongs to this stack, which nothing uses yet.
        match unsafe { libc::mprotect(start, page, libc::PROT_NONE) } {
            0 => Ok(CoroutineStack(self.0)),
            _ => Err(io::Error::last_os_error()),
        }
    }
}

impl Memory {
    /// The lowest address.
    fn start(&self) -> usize {
        self.base.get() - self.len
    }
}

// SAFETY: the lowest page cannot be used, and above it is as much as was asked for, which is more than the least. Both ends
// are those of pages.
unsafe impl Stack for CoroutineStack {
    fn base(&self) -> StackPointer {
        self.0.base
    }

    fn limit(&self) -> StackPointer {
        match StackPointer::new(self.0.start()) {
            Some(limit) => limit,
            None => unreachable!("no memory is at the address zero"),
        }
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: this is the memory of this stack alone, and no coroutine is on it any more.
        unsafe { libc::munmap(ptr::without_provenance_mut(self.start()), self.len) };
    }
}

/// Marks a new page as one that no code can use, and returns whether it is. Unlike other protection, this leaves all stacks
/// in one mapping, which is cheap.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn mark(start: *mut libc::c_void, page: usize) -> bool {
    /// Of Linux 6.13 and later.
    const MADV_GUARD_INSTALL: libc::c_int = 102;
    /// Advice may be ignored, and an emulator then says that all is well.
    static IS_HEEDED: OnceLock<bool> = OnceLock::new();
    if IS_HEEDED.get() == Some(&false) {
        return false;
    }
    // SAFETY: the page is a new one, which nothing uses yet.
    let is_marked = unsafe { libc::madvise(start, page, MADV_GUARD_INSTALL) } == 0;
    let is_out_of_use = || {
        // The system looks for the name of a file there, in which it finds at least the zero at its end if it may read.
        // SAFETY: the system looks at the page, and nothing else does.
        let is_refused = unsafe { libc::access(start.cast(), libc::F_OK) } != 0;
        is_refused && io::Error::last_os_error().raw_os_error() == Some(libc::EFAULT)
    };
    is_marked && *IS_HEEDED.get_or_init(is_out_of_use)
}

fn page_size() -> usize {
    // SAFETY: takes no pointer.
    let size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    usize::try_from(size).unwrap_or(4096)
}

/// Memory for stacks.
fn map(len: usize) -> io::Result<*mut libc::c_void> {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    const FOR_STACKS: libc::c_int = libc::MAP_STACK | libc::MAP_NORESERVE;
    #[cfg(target_os = "openbsd")]
    const FOR_STACKS: libc::c_int = libc::MAP_STACK;
    #[cfg(not(any(target_os = "linux", target_os = "android", target_os = "openbsd")))]
    const FOR_STACKS: libc::c_int = 0;
    let use_it = libc::PROT_READ | libc::PROT_WRITE;
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | FOR_STACKS;
    // SAFETY: asks for new memory, at any address.
    let memory = unsafe { libc::mmap(ptr::null_mut(), len, use_it, flags, -1, 0) };
    if memory == libc::MAP_FAILED {
        return Err(io::Error::last_os_error());
    }
    // A stack uses a few pages, and a huge page is as large as most stacks. An error is no harm.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    // SAFETY: it is the memory from above.
    unsafe {
        libc::madvise(memory, len, libc::MADV_NOHUGEPAGE);
    }
    Ok(memory)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn protected(size: usize) -> Vec<CoroutineStack> {
        let new = NewStack::some(size).unwrap().into_iter();
        new.map(|stack| stack.protected().unwrap()).collect()
    }

    #[test]
    fn stacks_of_one_time_lie_side_by_side_and_are_freed_alone() {
        let size = 100_000;
        let page = page_size();
        let mut stacks = protected(size);
        assert_eq!(stacks.len(), MOST_AT_A_TIME);
        for pair in stacks.windows(2) {
            assert_eq!(pair[0].base(), pair[1].limit());
            assert!(pair[1].base().get() - pair[1].limit().get() >= size + page);
        }
        let kept = stacks.swap_remove(1);
        drop(stacks);
        let top = (kept.base().get() - 1) as *mut u8;
        // SAFETY: it is the last byte of a stack that is not freed.
        unsafe { top.write(7) };
    }

    #[test]
    fn the_lowest_page_of_each_cannot_be_read() {
        for stack in protected(100_000) {
            let start = ptr::without_provenance(stack.0.start());
            // SAFETY: the system looks at the page, and nothing else does.
            assert_eq!(unsafe { libc::access(start, libc::F_OK) }, -1);
            let why = io::Error::last_os_error().raw_os_error();
            assert_eq!(why, Some(libc::EFAULT));
        }
    }

    #[test]
    fn a_large_stack_is_made_alone_and_none_is_larger_than_memory() {
        assert_eq!(NewStack::some(2 * AT_A_TIME).unwrap().len(), 1);
        for size in [usize::MAX, isize::MAX as usize] {
            assert!(NewStack::some(size).is_err());
        }
    }
}
