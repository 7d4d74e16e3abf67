using Paging.Core.Files;
using Paging.Core.Frames;
using Paging.Core.Spaces;
using Paging.Native;
using Paging.Native.Tables;

namespace Paging.Core.Snapshots;

/// <summary>The memory of the pool that a process had at a snapshot.</summary>
/// <param name="Areas">Its areas of the pool, in order.</param>
/// <param name="Pages">The huge pages that it mapped, in order.</param>
/// <param name="Shortage">The reservations that the pool had no page for; negative: it had pages left.</param>
internal sealed record KeptPool(KeptPoolArea[] Areas, KeptPoolPage[] Pages, long Shortage);

/// <summary>An area of the pool at a snapshot: what its record does not say, or says without a note of its changes.</summary>
/// <param name="First">Its first page.</param>
/// <param name="File">Its open file, which the area or a kept record of it holds.</param>
/// <param name="Flags">Those of <see cref="PoolAreas"/>.</param>
/// <param name="Used">The huge pages of an owner's area whose reservation was used up.</param>
/// <param name="Unused">The number of its reservations that were not.</param>
internal readonly record struct KeptPoolArea(PageNumber First, OpenFileIndex File, AreaFlags Flags, uint[] Used, uint Unused);

/// <summary>A huge page of a process at a snapshot.</summary>
/// <param name="Page">Its first page.</param>
/// <param name="Entry">Its entry, without the right to write.</param>
/// <param name="Bytes">The bytes of a page of the process's own; null: it was one of a file.</param>
/// <param name="IsMarked">True if its owner had discarded it (<see cref="HugePool.Marked"/>).</param>
internal readonly record struct KeptPoolPage(PageNumber Page, PageTableEntry Entry, KeptBlock? Bytes, bool IsMarked);

/// <summary>A file of huge pages at a snapshot of the engine.</summary>
/// <param name="File">The file, which the snapshot holds.</param>
/// <param name="Pages">Its pages and reservations, in order.</param>
internal readonly record struct KeptPoolFile(FileObject File, KeptFilePage[] Pages);

/// <summary>A page of a file of huge pages at a snapshot of the engine.</summary>
/// <param name="Index">Its place in the file, in huge pages.</param>
/// <param name="Bytes">Its bytes; null: it was reserved, and not there.</param>
internal readonly record struct KeptFilePage(uint Index, KeptBlock? Bytes);
