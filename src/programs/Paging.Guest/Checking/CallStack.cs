using Paging.Native;

namespace Paging.Guest.Checking;

/// <summary>Where a program was: the address of an instruction, and the return addresses of the calls that it is in.</summary>
/// <param name="Frames">The innermost first; at most <see cref="FrameMax"/>.</param>
internal readonly record struct CallStack(VirtualAddress[] Frames)
{
    /// <summary>How many are kept, as valgrind's --num-callers does it.</summary>
    public const int FrameMax = 12;
}
