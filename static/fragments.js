// A link in a Cozy's form, /#/exports/OPAQUE, has its identifier where no server sees it. Leads to the page that shows it.

const named = location.hash.match(/^#\/exports\/([\w.-]+)$/);
if (named) location.replace(`/exports/${named[1]}`);
