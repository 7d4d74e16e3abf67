using Paging.Guest.Abi;

namespace Paging.Guest.Vfs;

/// <summary>An open file held by a waiting call, even if its descriptor is reused. Linux: fdget.</summary>
/// <param name="Number">The descriptor by which the call found it.</param>
/// <param name="File">The file, held while the call waits.</param>
internal readonly record struct HeldFile(Descriptor Number, OpenDescription File);
