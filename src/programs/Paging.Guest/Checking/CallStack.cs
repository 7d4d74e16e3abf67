using Paging.Native;

namespace Paging.Guest.Checking;

/// <summary>The stack of a program: the address of an instruction, and the return addresses of its calls.</summary>
/// <param name="Frames">The innermost first; at most <see cref="FrameMax"/>.</param>
internal readonly record struct CallStack(VirtualAddress[] Frames)
{
    /// <summary>The most frames kept, as valgrind's default of --num-callers.</summary>
    public const int FrameMax = 12;
}
