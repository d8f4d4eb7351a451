//! Cache lines that a thread is about to write.

/// Asks for the cache line of `place`, which this core is about to write.
///
/// A store to a line that another core has used takes as long as it takes to get the line, and the next lock waits for
/// the store. The hint starts that earlier, and nothing waits for it. It changes nothing else, and any address will do.
#[inline(always)]
pub(crate) fn prefetch_for_write<T>(place: *const T) {
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    // SAFETY: the instruction is a hint: it never faults, whatever the address, and neither reads nor writes memory,
    // registers or flags as far as a program can tell. Processors that do not know it ignore it.
    unsafe {
        core::arch::asm!(
            "prefetchw byte ptr [{}]",
            in(reg) place.addr(),
            options(nomem, nostack, preserves_flags)
        );
    }
    #[cfg(not(all(target_arch = "x86_64", not(miri))))]
    let _ = place;
}

/// The same for the first and the last line of a value.
#[inline]
pub(crate) fn prefetch_ends_for_write<T: ?Sized>(value: &T) {
    let first = core::ptr::from_ref(value).cast::<u8>();
    prefetch_for_write(first);
    prefetch_for_write(first.wrapping_add(size_of_val(value).saturating_sub(1)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_address_will_do() {
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
