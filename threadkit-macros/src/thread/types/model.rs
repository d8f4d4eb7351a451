//! A type of thread: the checked facts about a struct or an impl block under `#[thread]`.

use proc_macro2::{Ident, Span};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{
    Attribute, Data, DeriveInput, Expr, Fields, Generics, Path, ReceiverKind, Token, Type,
    Visibility, WherePredicate,
};

use crate::diagnostics::{Problems, nearest};
use crate::item::{Function, ImplBlock, cfgs, names_lifetime, peel};
use crate::paths::{Root, generated};
use crate::thread::args::Args;
use crate::thread::name::{Hole, Name, Value};
use crate::thread::signature::{
    Output, names_stop_token, refuse_words, stop_token, typed_parameters,
};

/// A type of thread, as its impls are to be generated.
pub(crate) struct ThreadType {
    pub(crate) root: Root,
    pub(crate) cfgs: Vec<Attribute>,
    pub(crate) generics: Generics,
    /// The bounds that `run` needs in addition to those.
    pub(crate) needs: Vec<WherePredicate>,
    pub(crate) self_ty: SelfType,
    /// The place to which errors of the type checker should point.
    pub(crate) blame: Span,
    pub(crate) vis: Visibility,
    pub(crate) output: Output,
    pub(crate) run: Run,
    /// The trait that `run` belongs to, if any.
    pub(crate) of_trait: Option<OfTrait>,
    pub(crate) name: Option<Name>,
    /// Whether other threads can use the struct while it runs.
    pub(crate) shared: bool,
    pub(crate) daemon: Option<bool>,
    pub(crate) stack_size: Option<Expr>,
}

/// The type that becomes a thread.
pub(crate) enum SelfType {
    /// By its name, with its own generic parameters.
    Named(Ident),
    /// As an impl block spells it.
    Written(Box<Type>),
}

/// A trait of the user whose impl has `run`.
#[derive(Clone)]
pub(crate) struct OfTrait {
    pub(crate) path: Path,
    /// The associated types that the impl defines.
    pub(crate) types: Vec<Ident>,
}

/// How the thread calls the user's `run`.
pub(crate) enum Run {
    /// It is in another impl. Only the type checker knows whether it exists and what it returns.
    Unseen {
        /// Whether `returns = ..` was given.
        returns: bool,
    },
    /// It is a method of this block.
    Seen {
        receiver: Receiver,
        /// Whether it takes a stop token.
        stop: bool,
    },
    /// It cannot be called, which was reported.
    Broken,
    /// The block is an `impl Run` itself, which was reported.
    Given,
}

/// How `run` takes the struct: by value, or borrowed.
#[derive(Clone, Copy)]
pub(crate) enum Receiver {
    Value,
    Shared,
    Mut,
}

/// The model of a struct or enum whose `run` is in some impl.
pub(crate) fn of_struct(args: &Args, input: &DeriveInput, problems: &mut Problems) -> ThreadType {
    let is_union = if let Data::Union(data) = &input.data {
        problems.report(
            data.union_token,
            "a union cannot be a thread: make it a struct or an enum",
        );
        true
    } else {
        false
    };
    let name = args.name.as_ref().filter(|_| !is_union);
    let name = name.and_then(|literal| Name::read(literal, problems, |hole| field(hole, input)));
    let before = problems.count();
    let output = match &args.returns {
        Some((_, ty)) => Output::checked(ty, &[], problems),
        None => Output::Unit(input.ident.span()),
    };
    ThreadType {
        root: args.root.get(),
        cfgs: cfgs(&input.attrs),
        generics: input.generics.clone(),
        needs: Vec::new(),
        self_ty: SelfType::Named(input.ident.clone()),
        blame: input.ident.span(),
        vis: input.vis.clone(),
        output,
        run: match is_union || problems.count() > before {
            true => Run::Broken,
            false => Run::Unseen {
                returns: args.returns.is_some(),
            },
        },
        of_trait: None,
        name,
        shared: args.shared.is_some(),
        daemon: args.daemon,
        stack_size: args.stack_size.clone(),
    }
}

/// The field for a hole of the name, or why there is none.
fn field(hole: &Hole, input: &DeriveInput) -> Result<Value, String> {
    let this = &input.ident;
    let Data::Struct(data) = &input.data else {
        return Err(format!(
            "`{this}` is not a struct, so its name cannot be made from fields: set the name at the start, by `Thread::new(..).name(..)`"
        ));
    };
    match hole {
        Hole::Named(name) => {
            let names = || data.fields.iter().filter_map(|field| field.ident.as_ref());
            // The user's identifier, because it may be a keyword in the edition of this crate.
            if let Some(ident) = names().find(|ident| ident.unraw() == *name) {
                return Ok(Value::Field(ident.clone()));
            }
            let known: Vec<String> = names().map(|ident| ident.unraw().to_string()).collect();
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            let mut message = format!("`{this}` has no field `{name}`");
            if let Some(near) = nearest(name, &known) {
                message += &format!("; did you mean `{near}`?");
            } else if !known.is_empty() {
                message += &format!("; its fields are {}", known.join(", "));
            } else if let Fields::Unnamed(_) = &data.fields {
                message += "; the fields of a tuple struct are written `{0}`, `{1}`, ..";
            }
            Err(message)
        }
        Hole::Numbered(index) => {
            let found = matches!(&data.fields, Fields::Unnamed(fields) if (*index as usize) < fields.unnamed.len());
            if found {
                Ok(hole.of_self())
            } else {
                Err(format!("`{this}` has no field `{index}`"))
            }
        }
    }
}

/// The models of an impl block: one for each `run` in it. There are several only if `cfg` removes all but one.
pub(crate) fn of_impl(args: &Args, block: &ImplBlock, problems: &mut Problems) -> Vec<ThreadType> {
    if let Some((returns, _)) = &args.returns {
        problems.report(
            returns,
            "`returns` belongs on a struct; on an impl block the result is read from the signature of `run`: leave `returns` out",
        );
    }
    let mut runs: Vec<&Function> = block
        .functions()
        .filter(|function| function.sig.ident == "run")
        .collect();
    if runs.iter().any(|run| cfgs(&run.attrs).is_empty()) {
        // The compiler reports several without `cfg`.
        runs.truncate(1);
    }
    let self_ty = &block.self_ty;
    let of_trait = block.of_trait.as_ref().map(|(path, _)| OfTrait {
        path: path.clone(),
        types: block.associated_types(),
    });
    let name = args
        .name
        .as_ref()
        .and_then(|literal| Name::read(literal, problems, |hole| Ok(hole.of_self())));
    let model = |cfgs, needs, output, run| ThreadType {
        root: args.root.get(),
        cfgs,
        generics: block.generics.clone(),
        needs,
        self_ty: SelfType::Written(self_ty.clone()),
        blame: self_ty.span(),
        // An impl block does not show the visibility of its type. With `pub` the method is as visible as the
        // type.
        vis: Visibility::Public(Token![pub](generated())),
        output,
        run,
        of_trait: of_trait.clone(),
        name: name.clone(),
        shared: args.shared.is_some(),
        daemon: args.daemon,
        stack_size: args.stack_size.clone(),
    };
    if let Some((path, _)) = &block.of_trait
        && path.segments.last().is_some_and(|last| last.ident == "Run")
    {
        problems.report(
            path,
            "a type that implements `Run` is a thread already: remove `#[thread]` and start it by `Thread::new(..).start()`, or write `run` in a plain impl block",
        );
        return vec![model(
            cfgs(&block.attrs),
            Vec::new(),
            Output::OfRun,
            Run::Given,
        )];
    }
    if runs.is_empty() {
        problems.report(
            &block.self_ty,
            format!("this impl block has no `run`: add `fn run(&mut self) {{ .. }}`, which is what the thread does, or move `#[thread]` to the block of `{}` that has it", plain(&block.self_ty)),
        );
        return vec![model(
            cfgs(&block.attrs),
            Vec::new(),
            Output::Unit(self_ty.span()),
            Run::Broken,
        )];
    }
    runs.into_iter()
        .map(|run| {
            let before = problems.count();
            let output = Output::of_signature(&run.sig, problems);
            let mut call = call(run, args.shared.is_some(), problems);
            if problems.count() > before {
                call = Run::Broken;
            }
            let mut all = cfgs(&block.attrs);
            all.extend(cfgs(&run.attrs));
            model(all, needs(run), output, call)
        })
        .collect()
}

/// The last word of the type, for messages.
fn plain(ty: &Type) -> String {
    match peel(ty) {
        Type::Path(path) => path
            .path
            .segments
            .last()
            .map(|last| last.ident.to_string())
            .unwrap_or_default(),
        other => other.to_token_stream().to_string(),
    }
}

/// Checks `run`, and returns how to call it.
fn call(run: &Function, shared: bool, problems: &mut Problems) -> Run {
    let sig = &run.sig;
    let before = problems.count();
    refuse_words(sig, "`run`", problems);
    let receiver = receiver(run, problems);
    if shared && !matches!(receiver, Receiver::Shared) && problems.count() == before {
        problems.report(
            sig.receiver(),
            "others hold a `shared` thread's struct while it runs, so `run` borrows it: write `fn run(&self)`, and put what changes behind a `Lock`",
        );
    }
    for param in sig.generics.params.iter() {
        if !matches!(param, syn::GenericParam::Lifetime(_)) {
            problems.report(
                param,
                "no caller of `run` could choose its generic parameters: put them on the type",
            );
        }
    }
    let mut parameters = typed_parameters(sig);
    let stop = match parameters.next() {
        None => false,
        Some(arg) if stop_token(arg).is_some() => true,
        Some(arg) if names_stop_token(&arg.ty) => {
            problems.report(
                &arg.ty,
                "the stop token is lent to `run`: write `&StopToken`",
            );
            true
        }
        Some(arg) => {
            problems.report(
                arg,
                "`run` takes nothing but `self` and, if it wants to be stopped, `stop: &StopToken`: what the thread works on are the fields of its struct",
            );
            false
        }
    };
    if let Some(arg) = parameters.next()
        && problems.count() == before
    {
        problems.report(arg, "`run` takes nothing after the stop token: what the thread works on are the fields of its struct");
    }
    Run::Seen { receiver, stop }
}

/// The predicates of the where clause of `run`, except those with a lifetime of its own.
fn needs(run: &Function) -> Vec<WherePredicate> {
    let generics = &run.sig.generics;
    let own = |predicate: &WherePredicate| {
        generics
            .lifetimes()
            .any(|param| names_lifetime(predicate.to_token_stream(), &param.lifetime))
    };
    let predicates = generics.where_clause.iter().flat_map(|all| &all.predicates);
    predicates
        .filter(|predicate| !own(predicate))
        .cloned()
        .collect()
}

/// How `run` takes the struct.
fn receiver(run: &Function, problems: &mut Problems) -> Receiver {
    let Some(receiver) = run.sig.receiver() else {
        problems.report(
            &run.sig.ident,
            "`run` works on the thread's struct, so it needs `self`: write `fn run(self)`, `fn run(mut self)`, `fn run(&mut self)` or `fn run(&self)`",
        );
        return Receiver::Value;
    };
    let is_self = |ty: &Type| matches!(peel(ty), Type::Path(path) if path.path.is_ident("Self"));
    let borrowed = |mutability: Option<_>| match mutability {
        Some(_) => Receiver::Mut,
        None => Receiver::Shared,
    };
    match &receiver.kind {
        ReceiverKind::Reference(_, _, mutability) => borrowed(mutability.as_ref()),
        ReceiverKind::Typed(_, ty) => match peel(ty) {
            ty if is_self(ty) => Receiver::Value,
            Type::Reference(reference) if is_self(&reference.elem) => {
                borrowed(reference.mutability.as_ref())
            }
            _ => {
                problems.report(
                    ty,
                    "`run` takes `self`, `mut self`, `&mut self` or `&self`; to run a method of something shared, put `#[thread]` on the method itself, with `self: Arc<Self>`",
                );
                Receiver::Value
            }
        },
        _ => Receiver::Value,
    }
}
