using System.Runtime.InteropServices;
using Paging.Native;

namespace Paging.Pictures.Snapshots;

/// <summary>One frame of RAM.</summary>
/// <param name="State">The use of the frame.</param>
/// <param name="MapCount">The number of page table entries that lead to it.</param>
/// <param name="FileId">The file whose page it holds, as <see cref="Paging.Core.GuestFile.Id"/> tells files apart; 0 for none.</param>
/// <param name="FilePage">The page of that file.</param>
/// <param name="IsDirty">The page is newer than the file.</param>
[StructLayout(LayoutKind.Auto)]    // 16 bytes: there is one for every frame of RAM
public readonly record struct FrameView(FrameState State, uint MapCount, int FileId, uint FilePage, bool IsDirty);
