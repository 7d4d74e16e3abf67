using System.Runtime.InteropServices;

namespace Paging.Core.Threads;

/// <summary>
/// A word that one thread stores and others read, two cache lines away from its neighbours: processors fetch lines in pairs.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 264)]
internal struct LoneWord
{
    [FieldOffset(128)] public long Value;
}
