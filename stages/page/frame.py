"""The frame that every page has: head, links to its sections, metrics, explanations and scripts."""

import re
from collections.abc import Mapping, Sequence
from string import Template

from stages.page.assets import combine_styles, csp_digest, read_template
from stages.page.explanations.explain import with_explanations
from stages.page.markup import join_lines
from stages.page.modules import combine_modules

# The style hides elements of this class in a browser without scripts.
_SCRIPTED = ' class="needs-scripts"'
_NEEDS_SCRIPTS = re.compile(f'<section{_SCRIPTED} aria-labelledby="([^"]+)"')


def framed_page(
    template: str,
    parts: Mapping[str, str],
    *,
    links: Sequence[tuple[str, str]],
    styles: Sequence[str],
    script: str,
) -> str:
    """Return an HTML document.

    Parameters
    ----------
    template : name of the template of the sections
    parts : markup of what the template and the frame name
    links : the id of each section's heading and its name in the navigation
    styles : names of stylesheets, in their order
    script : name of the module that starts the page
    """
    style, script_text = combine_styles(styles), combine_modules(script)
    shared = {
        name: Template(read_template(name)).substitute(parts) for name in ("data_and_curves", "run")
    }
    content = Template(read_template(template)).substitute(parts, **shared)
    need_scripts = set(_NEEDS_SCRIPTS.findall(content))
    frame = {
        "content": content,
        "links": join_lines(
            *(
                f'<a{_SCRIPTED if heading in need_scripts else ""} href="#{heading}">{name}</a>'
                for heading, name in links
            )
        ),
        "style": style,
        "style_digest": csp_digest(style),
        "script": script_text,
        "script_digest": csp_digest(script_text),
    }
    return with_explanations(Template(read_template("frame")).substitute(parts, **frame))
