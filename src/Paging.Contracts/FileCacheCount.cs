namespace Paging.Core;

/// <summary>Counts the pages of a part of a file that are in the page cache. Linux: cachestat(2).</summary>
/// <param name="Cached">Pages in RAM.</param>
/// <param name="Dirty">Of these, the pages that are newer than the backing; a file in memory has none.</param>
/// <param name="Writeback">Of these, the pages that are being written.</param>
/// <param name="Swapped">Pages of a file in memory that lie on a swap device.</param>
public readonly record struct FileCacheCount(ulong Cached, ulong Dirty, ulong Writeback, ulong Swapped);
