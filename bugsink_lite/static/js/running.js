// A page that shows work under way looks again by itself until the work is done.

const SECONDS = 2;

if (document.querySelector("[data-running]")) setTimeout(() => location.reload(), SECONDS * 1000);
