"""The Django application: pages and the API, synchronous."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "anlan.web.settings")
application = get_wsgi_application()
