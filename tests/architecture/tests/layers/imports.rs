//! Reads the imports of a crate from its source: which file uses which other file, and in which line.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::spanned::Spanned as _;
use syn::{Attribute, Item, ItemMod, UseTree, Visibility};

/// The files of a crate by their paths below `src`, with their texts.
pub(super) type Files = BTreeMap<String, String>;

/// One use of another file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Import {
    pub(super) from: String,
    pub(super) line: usize,
    pub(super) to: String,
    /// The path as written, with `use` trees taken apart.
    pub(super) path: String,
}

/// Reads all files below a folder.
pub(super) fn read(folder: &Path) -> Files {
    fn visit(folder: &Path, root: &Path, files: &mut Files) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                visit(&path, root, files);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
                files.insert(name, std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    let mut files = Files::new();
    visit(folder, folder, &mut files);
    files
}

/// Every import between files of a crate, without those of tests.
///
/// A path is followed through re-exports to the file that defines its item. A `pub use` of a module's own
/// child is not an import unless the module's own code uses the name.
pub(super) fn imports(files: &Files) -> BTreeSet<Import> {
    let mut modules = HashMap::new();
    read_module(files, "lib.rs", "", Vec::new(), &mut modules);
    let modules = Modules(modules);
    modules.0.keys().flat_map(|path| modules.imports_of(path)).collect()
}

type ModulePath = Vec<String>;

struct Module {
    file: String,
    children: BTreeSet<String>,
    /// Names that `use` brings in: the path behind each, its line, and whether it is re-exported.
    uses: Vec<Use>,
    /// Paths in the code itself, such as `crate::events::load`.
    paths: Vec<(Vec<String>, usize)>,
    /// Every identifier of the code itself.
    words: BTreeSet<String>,
}

struct Use {
    name: String,
    path: Vec<String>,
    line: usize,
    is_reexport: bool,
}

struct Modules(HashMap<ModulePath, Module>);

fn read_module(
    files: &Files,
    file: &str,
    folder: &str,
    path: ModulePath,
    modules: &mut HashMap<ModulePath, Module>,
) {
    let text = files.get(file).unwrap_or_else(|| panic!("{file} is not there"));
    let parsed = syn::parse_file(text).unwrap_or_else(|error| panic!("{file}: {error}"));
    read_items(files, file, folder, path, &parsed.items, modules);
}

fn read_items(
    files: &Files,
    file: &str,
    folder: &str,
    path: ModulePath,
    items: &[Item],
    modules: &mut HashMap<ModulePath, Module>,
) {
    let mut module = Module {
        file: file.to_owned(),
        children: BTreeSet::new(),
        uses: Vec::new(),
        paths: Vec::new(),
        words: BTreeSet::new(),
    };
    for item in items {
        match item {
            Item::Mod(child) if !is_for_tests(&child.attrs) => {
                let name = child.ident.to_string();
                let below: ModulePath = path.iter().cloned().chain([name.clone()]).collect();
                module.children.insert(name.clone());
                match &child.content {
                    Some((_, items)) => {
                        read_items(files, file, &format!("{folder}{name}/"), below, items, modules);
                    }
                    None => {
                        let (file, folder) = file_of(files, folder, child);
                        read_module(files, &file, &folder, below, modules);
                    }
                }
            }
            Item::Use(item) if !is_for_tests(&item.attrs) => {
                let is_reexport = !matches!(item.vis, Visibility::Inherited);
                let line = item.span().start().line;
                flatten(&item.tree, &mut Vec::new(), &mut |name, path| {
                    module.uses.push(Use { name, path, line, is_reexport });
                });
            }
            Item::Mod(_) | Item::Use(_) => {}
            item if is_for_tests(attributes(item)) => {}
            item => read_code(item.to_token_stream(), &mut module),
        }
    }
    modules.insert(path, module);
}

/// The file of a child module, and the folder of its own children.
fn file_of(files: &Files, folder: &str, child: &ItemMod) -> (String, String) {
    let name = child.ident.to_string();
    for attribute in &child.attrs {
        if let syn::Meta::NameValue(meta) = &attribute.meta
            && meta.path.is_ident("path")
            && let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(path), .. }) = &meta.value
        {
            return (format!("{folder}{}", path.value()), format!("{folder}{name}/"));
        }
    }
    let below = format!("{folder}{name}/");
    let as_folder = format!("{below}mod.rs");
    let file = if files.contains_key(&as_folder) { as_folder } else { format!("{folder}{name}.rs") };
    (file, below)
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        _ => &[],
    }
}

/// `#[cfg(test)]`, `#[cfg(all(test, ..))]`, and the same for `doctest`.
fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().filter(|attribute| attribute.path().is_ident("cfg")).any(|attribute| {
        let condition = attribute.meta.to_token_stream().to_string();
        !condition.contains("not")
            && condition.split(|c: char| !c.is_alphanumeric()).any(|word| ["test", "doctest"].contains(&word))
    })
}

/// Takes a `use` tree apart.
fn flatten(tree: &UseTree, path: &mut Vec<String>, take: &mut impl FnMut(String, Vec<String>)) {
    match tree {
        UseTree::Path(tree) => {
            path.push(tree.ident.to_string());
            flatten(&tree.tree, path, take);
            path.pop();
        }
        UseTree::Name(tree) if tree.ident == "self" => {
            take(path.last().cloned().unwrap_or_default(), path.clone());
        }
        UseTree::Name(tree) => {
            let name = tree.ident.to_string();
            take(name.clone(), path.iter().cloned().chain([name]).collect());
        }
        UseTree::Rename(tree) => {
            let path = path.iter().cloned().chain([tree.ident.to_string()]).filter(|part| part != "self");
            take(tree.rename.to_string(), path.collect());
        }
        UseTree::Glob(_) => take("*".to_owned(), path.clone()),
        UseTree::Group(group) => group.items.iter().for_each(|tree| flatten(tree, path, take)),
    }
}

/// Collects identifiers, and those that `::` joins as one path, inside of macros too.
fn read_code(tokens: TokenStream, module: &mut Module) {
    fn end(path: &mut Vec<String>, line: usize, module: &mut Module) {
        if path.len() > 1 {
            module.paths.push((std::mem::take(path), line));
        }
        path.clear();
    }
    let (mut path, mut line, mut colons) = (Vec::new(), 0, 0);
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => {
                let word = ident.to_string();
                if colons != 2 || path.is_empty() {
                    end(&mut path, line, module);
                    line = ident.span().start().line;
                }
                module.words.insert(word.clone());
                path.push(word);
                colons = 0;
            }
            TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
            TokenTree::Group(group) => {
                end(&mut path, line, module);
                colons = 0;
                read_code(group.stream(), module);
            }
            _ => {
                end(&mut path, line, module);
                colons = 0;
            }
        }
    }
    end(&mut path, line, module);
}

impl Modules {
    fn imports_of<'a>(&'a self, path: &'a ModulePath) -> impl Iterator<Item = Import> + 'a {
        let module = &self.0[path];
        let used = module.uses.iter().filter(|used| {
            !(used.is_reexport && self.is_below(path, &used.path) && !module.words.contains(&used.name))
        });
        let used = used.map(|used| (&used.path, used.line));
        let written = module.paths.iter().map(|(path, line)| (path, *line));
        used.chain(written).filter_map(move |(written, line)| {
            let to = self.file_behind(path, written, 16)?;
            let from = module.file.clone();
            (to != from).then(|| Import { from, line, to, path: written.join("::") })
        })
    }

    /// Whether a path written in a module leads into one of its own children.
    fn is_below(&self, module: &ModulePath, written: &[String]) -> bool {
        let first = written.iter().find(|part| *part != "self");
        first.is_some_and(|first| self.0[module].children.contains(first))
    }

    /// The file that defines what a path means in a module; none for another crate's.
    fn file_behind(&self, module: &ModulePath, written: &[String], depth: usize) -> Option<String> {
        let mut at = module.clone();
        let mut rest = written;
        let mut is_ours = false;
        while let Some((first, others)) = rest.split_first() {
            match first.as_str() {
                "crate" => at.clear(),
                "self" => {}
                "super" => {
                    at.pop()?;
                }
                _ => break,
            }
            is_ours = true;
            rest = others;
        }
        loop {
            let module = self.0.get(&at)?;
            let Some((first, others)) = rest.split_first() else { return Some(module.file.clone()) };
            if module.children.contains(first) {
                at.push(first.clone());
                rest = others;
                is_ours = true;
                continue;
            }
            // In a module's own code a name that `use` brings in is counted where it is brought in.
            if let Some(used) = module.uses.iter().find(|used| used.name == *first && is_ours && depth > 0) {
                let path: Vec<String> = used.path.iter().chain(others).cloned().collect();
                return self.file_behind(&at, &path, depth - 1).or_else(|| Some(module.file.clone()));
            }
            return is_ours.then(|| module.file.clone());
        }
    }
}
