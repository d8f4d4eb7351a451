//! Cache lines that a thread is about to write.

/// Asks for the cache line of `place`, which this core is about to write.
///
/// A store to a line that another core has used takes as long as it takes to get the line, and the next lock waits for
/// the store. The hint starts that earlier, and nothing waits for it. It changes nothing else, and any address will do.
/// It does nothing before a thread has called [`learn_to_prefetch`].
#[inline(always)]
pub(crate) fn prefetch_for_write<T>(place: *const T) {
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    if x86::is_known() {
        x86::prefetchw(place.addr());
    }
    #[cfg(not(all(target_arch = "x86_64", not(miri))))]
    let _ = place;
}

#[cfg(all(target_arch = "x86_64", not(miri)))]
mod x86 {
    use core::arch::asm;
    use core::arch::x86_64::__cpuid;
    use core::sync::atomic::{AtomicU8, Ordering};

    const UNKNOWN: u8 = 1;
    const KNOWN: u8 = 2;

    /// Zero until a thread has asked the processor, which takes long.
    static STATE: AtomicU8 = AtomicU8::new(0);

    /// Whether the processor says that it knows the instruction. Those of Intel do so since 2014, and those of AMD always.
    #[inline(always)]
    pub(super) fn is_known() -> bool {
        // Relaxed: nothing else depends on it.
        STATE.load(Ordering::Relaxed) == KNOWN
    }

    #[inline]
    pub(super) fn learn() {
        if STATE.load(Ordering::Relaxed) == 0 {
            ask();
        }
    }

    #[cold]
    #[inline(never)]
    fn ask() {
        let is_known = __cpuid(0x8000_0001).ecx & (1 << 8) != 0;
        STATE.store(if is_known { KNOWN } else { UNKNOWN }, Ordering::Relaxed);
    }

    #[inline(always)]
    pub(super) fn prefetchw(address: usize) {
        // SAFETY: the processor knows the instruction, which is a hint: it never faults, whatever the address, and neither
        // reads nor writes memory, registers or flags as far as a program can tell.
        unsafe {
            asm!(
                "prefetchw byte ptr [{}]",
                in(reg) address,
                options(nomem, nostack, preserves_flags)
            );
        }
    }
}

/// Finds out whether the processor knows the hint. This is not done by a hint, so that code with one calls no function.
#[inline]
pub(crate) fn learn_to_prefetch() {
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    x86::learn();
}

/// The same for the first and the last line of a value.
#[inline]
pub(crate) fn prefetch_ends_for_write<T: ?Sized>(value: &T) {
    learn_to_prefetch();
    let first = core::ptr::from_ref(value).cast::<u8>();
    prefetch_for_write(first);
    prefetch_for_write(first.wrapping_add(size_of_val(value).saturating_sub(1)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_address_will_do() {
        learn_to_prefetch();
        let value = 7_u64;
        prefetch_for_write(&value);
        prefetch_for_write(core::ptr::from_ref(&value).wrapping_add(1 << 40));
        prefetch_for_write(core::ptr::null::<u64>());
        prefetch_for_write(core::ptr::without_provenance::<u64>(usize::MAX));
        prefetch_for_write("a constant".as_ptr());
        assert_eq!(value, 7);
    }

    #[test]
    fn a_value_of_any_size_stays_as_it_is() {
        prefetch_ends_for_write(&());
        prefetch_ends_for_write::<[u64]>(&[]);
        let large = vec![7_u8; 1 << 16];
        prefetch_ends_for_write(&*large);
        assert!(large.iter().all(|byte| *byte == 7));
    }
}
