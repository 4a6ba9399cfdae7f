"""The platforms a project can be set up for. Pure."""

PLATFORMS = {
    "javascript": "JavaScript · Browser",
    "javascript-react": "JavaScript · React",
    "javascript-vue": "JavaScript · Vue",
    "javascript-angular": "JavaScript · Angular",
    "javascript-svelte": "JavaScript · Svelte",
    "javascript-nextjs": "JavaScript · Next.js",
    "node": "Node.js",
    "node-express": "Node.js · Express",
    "node-nestjs": "Node.js · NestJS",
    "python": "Python",
    "python-django": "Python · Django",
    "python-flask": "Python · Flask",
    "python-fastapi": "Python · FastAPI",
    "python-celery": "Python · Celery",
    "go": "Go",
    "java": "Java",
    "java-spring": "Java · Spring Boot",
    "csharp": ".NET",
    "php": "PHP",
    "php-laravel": "PHP · Laravel",
    "php-symfony": "PHP · Symfony",
    "ruby": "Ruby",
    "ruby-rails": "Ruby · Rails",
    "elixir": "Elixir",
    "rust": "Rust",
    "react-native": "React Native",
    "android": "Kotlin · Android",
    "apple": "Swift · iOS",
    "flutter": "Flutter",
    "logstash": "Logstash",
    "other": "Something else",
}


def label(platform: str) -> str:
    """Also for a platform that came over the API and is not on our list."""
    return "" if platform in ("", "other") else PLATFORMS.get(platform, platform)
