"""Which things on a page have a button that explains them."""

from html.parser import HTMLParser

_VOID = {"img", "input", "link", "meta", "br"}
# What belongs together: the button explains all of it.
_GROUPS = {"dt", "fieldset", "figcaption", "figure", "p"}
_GROUP_CLASSES = {"explained", "heading"}


class Node:
    """An element of a page."""

    def __init__(self, tag, attributes, parent):
        self.tag, self.attributes, self.parent = tag, attributes, parent
        self.children = []
        self.classes = set((attributes.get("class") or "").split())

    def all(self):
        """Yield the elements below this one, in order."""
        for child in self.children:
            yield child
            yield from child.all()

    @property
    def has_button(self):
        return any("explain" in node.classes for node in self.all())

    @property
    def name(self):
        return self.attributes.get("id") or self.attributes.get("aria-label") or self.tag


class _Tree(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.root = self.node = Node("document", {}, None)
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        node = Node(tag, dict(attrs), self.node)
        self.node.children.append(node)
        if tag not in _VOID:
            self.node = node

    def handle_startendtag(self, tag, attrs):
        self.node.children.append(Node(tag, dict(attrs), self.node))

    def handle_endtag(self, _tag):
        self.node = self.node.parent


def tree(text):
    """Return the root of the elements of a page."""
    return _Tree(text).root


def needs_explanation(node):
    """Return whether an element is a heading, a metric, a chart, a table or a control."""
    if node.tag in {"h2", "h3", "input", "select", "textarea", "fieldset"}:
        return True
    if node.tag == "dt":
        return "metrics" in node.parent.parent.classes
    if node.tag == "svg":
        return node.attributes.get("role") in {"img", "application"}
    if node.tag == "button":
        return "explain" not in node.classes
    return node.tag == "details" or "wide" in node.classes


def is_explained(node):
    """Return whether the innermost group of the element, or the heading above, has a button."""
    while node.parent is not None and node.tag not in {"section", "main"}:
        before = node.parent.children[: node.parent.children.index(node)]
        if before and "heading" in before[-1].classes and before[-1].has_button:
            return True
        if node.tag in _GROUPS or node.classes & _GROUP_CLASSES:
            return node.has_button
        node = node.parent
    return False


def unexplained(text):
    """Return the names of the things on a page without an explanation."""
    return [
        node.name
        for node in tree(text).all()
        if needs_explanation(node) and not _is_list(node) and not is_explained(node)
    ]


def _is_list(node):
    """Return whether the element is the list of all explanations, or its heading."""
    while node is not None:
        if node.tag == "section" and node.attributes.get("aria-labelledby") == "explanations":
            return True
        node = node.parent
    return False
