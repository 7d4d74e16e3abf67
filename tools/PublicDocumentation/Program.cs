using System.Xml.Linq;
using Paging.Packing;

XDocument document = XDocument.Load(args[1], LoadOptions.PreserveWhitespace);
PublicMembers.Of(args[0]).RemoveOthers(document);
document.Save(args[2]);
