using Paging.Native;

namespace Paging.Pictures.Snapshots;

/// <summary>A page of a file in RAM.</summary>
/// <param name="Page">Its number in the file.</param>
/// <param name="Frame">The frame that holds it.</param>
/// <param name="IsDirty">It is newer than the file.</param>
/// <param name="MapCount">The number of page table entries that lead to it.</param>
public readonly record struct CachedPageView(uint Page, FrameNumber Frame, bool IsDirty, uint MapCount);
