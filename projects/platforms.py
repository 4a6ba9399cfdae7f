"""The platforms a project can be set up for. Pure."""

PLATFORMS = {
    "python": "Python",
    "python-django": "Python · Django",
    "python-flask": "Python · Flask",
    "python-fastapi": "Python · FastAPI",
    "javascript": "JavaScript",
    "javascript-react": "JavaScript · React",
    "node": "Node.js",
    "node-express": "Node.js · Express",
    "go": "Go",
    "php": "PHP",
    "php-laravel": "PHP · Laravel",
    "ruby": "Ruby",
    "java": "Java",
    "csharp": "C#",
    "rust": "Rust",
    "other": "Something else",
}


def label(platform: str) -> str:
    """Also for a platform that came over the API and is not on our list."""
    return "" if platform in ("", "other") else PLATFORMS.get(platform, platform)
