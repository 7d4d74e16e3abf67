using Paging.Core;

namespace Paging.Guest.Vfs;

/// <summary>An open file that a call that waits goes on with, whatever its number is for by now. Linux: fdget.</summary>
/// <param name="Number">The descriptor that the call found it behind.</param>
/// <param name="File">It is held as long as the call waits.</param>
internal readonly record struct HeldFile(Descriptor Number, OpenDescription File);
