//! The allocator that sees what is freed.
#![allow(unsafe_code, reason = "an allocator cannot be written without")]
#![allow(clippy::cast_ptr_alignment, reason = "a header is where its layout puts it, as said there")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::UnsafeCell;
use std::hint::spin_loop;
use std::ptr::null_mut;
use std::slice;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::canary;

/// A global allocator that counts the blocks which are freed with some of the [canary](crate::canary) in them, and finds
/// those that hold some while they are in use.
///
/// A block that grows or shrinks always moves, as any allocator may have it: its old place is freed. Nothing comes from it
/// with the content of an earlier block, so that one copy is counted once.
///
/// ```ignore
/// #[global_allocator]
/// static HOOK: residue::Hook = residue::Hook;
/// ```
pub struct Hook;

/// The blocks in use. One list, whichever `Hook` has them: a program has one global allocator.
static BLOCKS: Blocks = Blocks { locked: AtomicBool::new(false), first: UnsafeCell::new(null_mut()) };

/// How many were freed with some of the canary in them while somebody wanted to know.
static DIRTY: AtomicUsize = AtomicUsize::new(0);

/// Whether somebody does: to look into each block takes time.
static LOOKS: AtomicBool = AtomicBool::new(false);

impl Hook {
    /// Looks into what is freed from now on.
    pub(crate) fn look() {
        DIRTY.store(0, Ordering::SeqCst);
        LOOKS.store(true, Ordering::SeqCst);
    }

    /// How many blocks have been freed since with some of the canary in them. It looks no more.
    pub(crate) fn freed() -> usize {
        LOOKS.store(false, Ordering::SeqCst);
        DIRTY.load(Ordering::SeqCst)
    }

    /// How many blocks in use hold some of it.
    pub(crate) fn live() -> usize {
        BLOCKS.count_dirty()
    }
}

/// What stands before each block.
struct Header {
    previous: *mut Header,
    next: *mut Header,
    /// The block that follows it, and its size.
    block: *mut u8,
    size: usize,
}

/// The layout of a block with its header, and where in it the block is.
fn with_header(layout: Layout) -> Option<(Layout, usize)> {
    Layout::new::<Header>().extend(layout).ok()
}

/// A doubly linked list through the headers. Its lock asks for no memory, as a mutex does on some systems.
struct Blocks {
    locked: AtomicBool,
    first: UnsafeCell<*mut Header>,
}

// SAFETY: `first`, and the links of the headers that can be reached from it, are touched in `with` alone, by one thread at a
// time.
unsafe impl Sync for Blocks {}

impl Blocks {
    fn with<T>(&self, act: impl FnOnce(&mut *mut Header) -> T) -> T {
        while self.locked.swap(true, Ordering::Acquire) {
            spin_loop();
        }
        // SAFETY: the lock is held, so that this is the only reference. No `act` calls back into the allocator.
        let done = act(unsafe { &mut *self.first.get() });
        self.locked.store(false, Ordering::Release);
        done
    }

    /// # Safety
    /// `header` is valid, written, and in no list.
    unsafe fn insert(&self, header: *mut Header) {
        self.with(|first| {
            // SAFETY: `header` is valid by contract, and `*first` is null or the header of a block that is in use, since
            // `remove` comes before a block is freed.
            unsafe {
                (*header).next = *first;
                if let Some(next) = first.as_mut() {
                    next.previous = header;
                }
            }
            *first = header;
        });
    }

    /// # Safety
    /// `header` is in the list.
    unsafe fn remove(&self, header: *mut Header) {
        self.with(|first| {
            // SAFETY: `header` is in the list, and so are its neighbours: all of them are of blocks in use.
            unsafe {
                let Header { previous, next, .. } = *header;
                match previous.as_mut() {
                    Some(previous) => previous.next = next,
                    None => *first = next,
                }
                if let Some(next) = next.as_mut() {
                    next.previous = previous;
                }
            }
        });
    }

    fn count_dirty(&self) -> usize {
        self.with(|first| {
            let mut dirty = 0;
            let mut header = *first;
            // SAFETY: what the list holds is the header of a block in use, which cannot be freed meanwhile: `remove` needs
            // the lock. Another thread may be writing to the block; a program that is measured is at rest.
            while let Some(Header { next, block, size, .. }) = unsafe { header.as_ref() } {
                // SAFETY: as above, and `size` bytes that were zeroed when they were handed out.
                dirty += usize::from(canary::is_in(unsafe { slice::from_raw_parts(*block, *size) }));
                header = *next;
            }
            dirty
        })
    }
}

// SAFETY: blocks are those of `System`, each within a larger one that begins with a header: aligned by `Layout::extend`, valid
// until it is given back with the same layout, and never unwinding. `realloc` is the default one, which makes a new block,
// copies and frees the old one.
unsafe impl GlobalAlloc for Hook {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let Some((whole, offset)) = with_header(layout) else { return null_mut() };
        // SAFETY: `whole` has a size, that of the header at least. Zeroed, so that no content of an earlier block comes back
        // and each byte that is looked at later has a value.
        let base = unsafe { System.alloc_zeroed(whole) };
        if base.is_null() {
            return base;
        }
        // SAFETY: `offset` is within `whole`; `whole` is aligned for a header, which is at its start.
        unsafe {
            let block = base.add(offset);
            let header = base.cast::<Header>();
            header.write(Header { previous: null_mut(), next: null_mut(), block, size: layout.size() });
            BLOCKS.insert(header);
            block
        }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the same contract, and all blocks are zeroed.
        unsafe { self.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // It was some when the block was made, from the same layout.
        let Some((whole, offset)) = with_header(layout) else { return };
        // SAFETY: `block` is one of `alloc`'s with this layout, by the caller's contract: `offset` bytes before it are its
        // header and the start of what `System` gave. Its bytes were zeroed then, and the caller does not use them any more.
        unsafe {
            let base = block.sub(offset);
            BLOCKS.remove(base.cast());
            if LOOKS.load(Ordering::SeqCst) && canary::is_in(slice::from_raw_parts(block, layout.size())) {
                DIRTY.fetch_add(1, Ordering::SeqCst);
            }
            System.dealloc(base, whole);
        }
    }
}
