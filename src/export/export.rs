// SPDX-License-Identifier: GPL-2.0

//! `EXPORT_SYMBOL` for Rust modules.
//!
//! modpost generates the entries of a module's symbol table from the records in its section
//! `.export_symbol` (`scripts/mod/modpost.c`, `include/linux/export.h`): a label
//! `__export_symbol_NAME`, the licence as a string (`GPL`, or empty for all), the namespace as a
//! string (empty for none), then an aligned pointer to the symbol. [`export!`](crate::export!)
//! emits such records with `global_asm!`, whose `sym` operand puts the mangled name of a Rust item
//! into both the label and the pointer; so the compiler resolves the path, and the exported
//! name cannot differ from the item's.
//!
//! modpost does not link the records into the module, so they cost nothing at run time.

/// Exports Rust items, each named by its path, to other modules.
///
/// Functions (of a module, of an `impl`) and statics can be exported, private ones too. They are
/// GPL-only, as are all symbols of the kernel's own Rust crates. Consumers find them in the crate's
/// metadata (`--extern`), so they are not declared a second time.
///
/// Generic and `#[inline]` functions need not be exported, since they are compiled into the
/// consumer, but the functions and statics that they use must be. If one is missing, modpost
/// reports `undefined!` when the consumer is built.
///
/// rustc may treat a short function as `#[inline]`, which makes its symbol local, so that it cannot
/// be exported. Crates with exports are therefore built with
/// `-Zcross-crate-inline-threshold=never`.
///
/// # Examples
///
/// ```
/// # pub fn subscribe() {}
/// # pub struct Subscription;
/// # impl Subscription {
/// #     pub fn cancel(&self) {}
/// # }
/// # pub mod table {
/// #     pub static LENGTH: usize = 16;
/// # }
/// export::export! {
///     subscribe,
///     Subscription::cancel,
///     table::LENGTH,
/// }
/// ```
///
/// Each line expands to one record:
///
/// ```text
/// global_asm!(
///     ".section .export_symbol, \"a\"",
///     "__export_symbol_{item}:",  // modpost searches for this; {item} is the mangled name
///     ".asciz \"GPL\"",           // the licence
///     ".asciz \"\"",              // the namespace
///     ".balign 8",
///     ".quad {item}",             // the symbol itself, which the linker relocates
///     ".previous",
///     item = sym subscribe,
/// );
/// ```
///
/// # Errors
///
/// Each of these fails the build with an error that names the item:
///
/// - a path that does not exist (an item in a function's body has none), a generic without its
///   types, or `export!` in a function's body: rustc;
/// - an item that is exported twice: the assembler, "symbol is already defined"; by two crates of
///   one module: modpost, "exported twice";
/// - an item of another module: modpost, "exported without definition";
/// - an item whose symbol is local, such as an `#[inline]` function, or an instance of a generic
///   (`largest::<u32>`), since each consumer has its own: modpost, "local symbol … was exported".
///
/// If two modules export the same name, the kernel refuses to load the second, as with C.
///
/// `Drop::drop` has no path: make it `#[inline]`, and let it call a function that has one. rustc
/// 1.85 fails with an internal error at a method of a type that has a lifetime, and at a function
/// with a lifetime that has a bound (`'a: 'a`): let it call a free function that has none.
#[macro_export]
macro_rules! export {
    ($($item:path),+ $(,)?) => {
        $( $crate::record!(gpl, "", $item); )+
    };
}

/// Exports C functions that are defined in Rust (`#[no_mangle] extern "C"`), by name.
///
/// The licence comes first: `gpl` as in C's `EXPORT_SYMBOL_GPL`, or `all` as in `EXPORT_SYMBOL`. A
/// namespace may follow, as in `EXPORT_SYMBOL_NS_GPL`: a string literal, or a macro that expands to
/// one; and after that the Rust module that includes bindgen's declarations of the functions'
/// header: each definition must then have the type that the header declares.
///
/// # Examples
///
/// ```
/// use kernel::ffi::c_int;
///
/// mod header {
///     use kernel::ffi::c_int;
///     extern "C" {
///         pub fn hello_post(minor: c_int) -> c_int;
///     }
/// }
///
/// #[no_mangle]
/// pub extern "C" fn hello_devices() -> c_int {
///     2
/// }
///
/// #[no_mangle]
/// pub unsafe extern "C" fn hello_post(minor: c_int) -> c_int {
///     minor
/// }
///
/// export::export_c! { all: hello_devices }
/// export::export_c! { gpl, "HELLO", header; hello_post }
/// ```
///
/// A line expands to a record as [`export!`](crate::export!) does, with this licence and this
/// namespace. Before it, the assembler checks that the symbol has the name of the function, which
/// it does not have without `#[no_mangle]`: the record would have the mangled name, which C cannot
/// use, and which `all` would open to all licences.
///
/// ```text
/// global_asm!(
///     ".ifnc {item},hello_post",
///     ".error \"export_c!: hello_post is not #[no_mangle]\"",
///     ".endif",
///     item = sym hello_post,
/// );
/// ```
///
/// With a header it also expands to
///
/// ```text
/// const _: () = { if true { header::hello_post } else { hello_post }; };
/// ```
///
/// which compiles only if both branches have the same type.
///
/// # Errors
///
/// As for [`export!`](crate::export!). A definition that differs from its declaration, or has none,
/// fails the build: rustc shows both types and the names. A definition that is not `#[no_mangle]`
/// fails the build, too, as does a namespace with spaces, quotes, backslashes or control characters.
#[macro_export]
macro_rules! export_c {
    (gpl: $($item:ident),+ $(,)?) => {
        $( $crate::record_c!(gpl, "", $item); )+
    };
    (gpl, $namespace:expr; $($item:ident),+ $(,)?) => {
        $( $crate::record_c!(gpl, $namespace, $item); )+
    };
    (gpl, $namespace:expr, $header:ident; $($item:ident),+ $(,)?) => {
        $crate::declared_in!($header; $($item),+);
        $( $crate::record_c!(gpl, $namespace, $item); )+
    };
    (all: $($item:ident),+ $(,)?) => {
        $( $crate::record_c!(all, "", $item); )+
    };
    (all, $namespace:expr; $($item:ident),+ $(,)?) => {
        $( $crate::record_c!(all, $namespace, $item); )+
    };
    (all, $namespace:expr, $header:ident; $($item:ident),+ $(,)?) => {
        $crate::declared_in!($header; $($item),+);
        $( $crate::record_c!(all, $namespace, $item); )+
    };
}

/// Checks definitions against their declarations.
#[doc(hidden)]
#[macro_export]
macro_rules! declared_in {
    ($header:ident; $($item:ident),+) => {
        $(
            #[cfg(not(rust_analyzer))]
            const _: () = {
                if true {
                    $header::$item
                } else {
                    $item
                };
            };
        )+
    };
}

/// A record for a function with a name for C, after a check that its name is not mangled.
#[doc(hidden)]
#[macro_export]
macro_rules! record_c {
    ($licence:ident, $namespace:expr, $item:ident) => {
        #[cfg(not(rust_analyzer))]
        ::core::arch::global_asm!(
            ::core::concat!(".ifnc {item},", ::core::stringify!($item)),
            ::core::concat!(
                ".error \"export_c!: ",
                ::core::stringify!($item),
                " is not #[no_mangle]\""
            ),
            ".endif",
            item = sym $item,
        );
        $crate::record!($licence, $namespace, $item);
    };
}

/// A record of the section `.export_symbol`.
#[doc(hidden)]
#[macro_export]
macro_rules! record {
    ($licence:ident, $namespace:expr, $item:path) => {
        $crate::check_namespace!($namespace);
        #[cfg(not(rust_analyzer))]
        ::core::arch::global_asm!(
            ".section .export_symbol, \"a\"",
            "__export_symbol_{item}:",
            ::core::concat!(".asciz \"", $crate::licence!($licence), "\""),
            ::core::concat!(".asciz \"", $namespace, "\""),
            ".balign 8",
            ".quad {item}",
            ".previous",
            item = sym $item,
        );
    };
}

/// The licence in a record. There are no others, since it becomes part of the assembler's input.
#[doc(hidden)]
#[macro_export]
macro_rules! licence {
    (gpl) => {
        "GPL"
    };
    (all) => {
        ""
    };
}

/// Fails the build if a namespace has characters that could end its string in the assembler.
#[doc(hidden)]
#[macro_export]
macro_rules! check_namespace {
    ($namespace:expr) => {
        const _: () = ::core::assert!(
            $crate::is_namespace($namespace),
            "a namespace may not have spaces, quotes, backslashes or control characters"
        );
    };
}

/// Whether `namespace` is a string that the assembler takes as it is.
#[doc(hidden)]
#[inline]
pub const fn is_namespace(namespace: &str) -> bool {
    let mut bytes = namespace.as_bytes();
    while let [first, rest @ ..] = bytes {
        if !first.is_ascii_graphic() || matches!(*first, b'"' | b'\\') {
            return false;
        }
        bytes = rest;
    }
    true
}
