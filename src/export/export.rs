// SPDX-License-Identifier: GPL-2.0

//! `EXPORT_SYMBOL` for Rust modules.
//!
//! modpost makes the kernel's symbol table entries of a module from the records in its section
//! `.export_symbol` (`scripts/mod/modpost.c`, `include/linux/export.h`): a label
//! `__export_symbol_NAME`, the licence as a string (`GPL`, or empty for all), the namespace as a
//! string (empty for none), then an aligned pointer to the symbol. [`export!`](crate::export!)
//! emits such records with `global_asm!`, whose `sym` operand puts the mangled name of a Rust item
//! into both the label and the pointer; so the compiler resolves the path, and the exported
//! name can never differ from the item's.
//!
//! modpost keeps the records out of the linked module: they cost nothing at run time.

/// Exports Rust items, each named by its path, to other modules.
///
/// Functions (of a module, of an `impl`) and statics can be exported, also private ones. They are
/// GPL-only, as is every symbol of the kernel's own Rust crates; the consumer finds them in the
/// crate's metadata (`--extern`), so no declaration of them is written twice.
///
/// Generic and `#[inline]` functions need no export of their own, since they are compiled into the
/// consumer, but the functions and statics that they use do. One that was forgotten is an
/// `undefined!` error of modpost when the consumer is built.
///
/// rustc may treat a short function as if it were `#[inline]`. That makes its symbol local, and the
/// length of a function decide on whether it can be exported: a crate with exports is built with
/// `-Zcross-crate-inline-threshold=never`, which ends that.
///
/// # Examples
///
/// ```ignore
/// export::export! {
///     subscribe,
///     Subscription::cancel,
///     table::LENGTH,
/// }
/// ```
///
/// Each line expands to one record:
///
/// ```ignore
/// global_asm!(
///     ".section .export_symbol, \"a\"",
///     "__export_symbol_{item}:",  // what modpost looks for: the mangled name is {item}
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
/// All of these end the build and name the item:
///
/// - a path that does not exist, as that of an item in a function's body, a generic without its types,
///   `export!` in a function's body: rustc;
/// - an item that is exported twice: the assembler, whose label is already defined; by two crates of one
///   module: modpost, "exported twice";
/// - an item of another module: modpost, "exported without definition";
/// - an item that no other object can see, as one that is `#[inline]`, or the instance of a generic
///   (`largest::<u32>`), of which every consumer has its own: modpost, "local symbol … was exported".
///
/// A name that another module exports as well is refused when the second is loaded, as with C.
///
/// `Drop::drop` has no path: let it call a function that has one, and be `#[inline]`. rustc 1.85 ends
/// with an internal error at a method of a type that has a lifetime, and at a function with a lifetime
/// that has a bound (`'a: 'a`): let it call a free function without.
#[macro_export]
macro_rules! export {
    ($($item:path),+ $(,)?) => {
        $( $crate::record!("GPL", "", $item); )+
    };
}

/// Exports C functions that are defined in Rust (`#[no_mangle] extern "C"`), by name.
///
/// The licence stands in front: `gpl` as C's `EXPORT_SYMBOL_GPL`, `all` as `EXPORT_SYMBOL`. A
/// namespace can follow, as in `EXPORT_SYMBOL_NS_GPL`: a string literal, or a macro that expands to
/// one. After it, the module into which bindgen's declarations of the functions' header were
/// included: each definition must then be of the type that the header declares.
///
/// # Examples
///
/// ```ignore
/// export::export_c! { all: hello_devices }
/// export::export_c! { gpl, "HELLO"; hello_get }
/// export::export_c! { gpl, "HELLO", header; hello_post, hello_subscribe }
/// ```
///
/// A line expands to a record as that of [`export!`](crate::export!), with this licence and this
/// namespace. In front of it stands a guard for the assembler, which ends the build if the symbol is
/// called otherwise than the function, as without `#[no_mangle]`: the record would hold the mangled
/// name, which C could not use, and which for `all` would be open to every licence.
///
/// ```ignore
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
/// ```ignore
/// const _: () = { if true { header::hello_post } else { hello_post }; };
/// ```
///
/// which the compiler accepts only if the branches are of one type.
///
/// # Errors
///
/// As with [`export!`](crate::export!). A definition that differs from its declaration, or has none,
/// ends the build: rustc shows both types, and their names. So does one that is not `#[no_mangle]`.
#[macro_export]
macro_rules! export_c {
    (gpl: $($item:ident),+ $(,)?) => {
        $( $crate::record_c!("GPL", "", $item); )+
    };
    (gpl, $namespace:expr; $($item:ident),+ $(,)?) => {
        $( $crate::record_c!("GPL", $namespace, $item); )+
    };
    (gpl, $namespace:expr, $header:ident; $($item:ident),+ $(,)?) => {
        $crate::declared_in!($header; $($item),+);
        $( $crate::record_c!("GPL", $namespace, $item); )+
    };
    (all: $($item:ident),+ $(,)?) => {
        $( $crate::record_c!("", "", $item); )+
    };
    (all, $namespace:expr; $($item:ident),+ $(,)?) => {
        $( $crate::record_c!("", $namespace, $item); )+
    };
    (all, $namespace:expr, $header:ident; $($item:ident),+ $(,)?) => {
        $crate::declared_in!($header; $($item),+);
        $( $crate::record_c!("", $namespace, $item); )+
    };
}

/// Holds definitions against their declarations.
#[doc(hidden)]
#[macro_export]
macro_rules! declared_in {
    ($header:ident; $($item:ident),+) => {
        $(
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

/// A record for a function that C is to find under its own name: a mangled one would be exported as
/// readily, and for all if told so.
#[doc(hidden)]
#[macro_export]
macro_rules! record_c {
    ($licence:expr, $namespace:expr, $item:ident) => {
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

/// One record of the section `.export_symbol`.
#[doc(hidden)]
#[macro_export]
macro_rules! record {
    ($licence:expr, $namespace:expr, $item:path) => {
        ::core::arch::global_asm!(
            ".section .export_symbol, \"a\"",
            "__export_symbol_{item}:",
            ::core::concat!(".asciz \"", $licence, "\""),
            ::core::concat!(".asciz \"", $namespace, "\""),
            ".balign 8",
            ".quad {item}",
            ".previous",
            item = sym $item,
        );
    };
}
