using Paging.Guest.Abi;

namespace Paging.Guest.Vfs;

/// <summary>One ioctl(2).</summary>
/// <param name="User">The memory of the calling program.</param>
/// <param name="GroupId">The process group of the calling program.</param>
/// <param name="Request">The request.</param>
/// <param name="Argument">A word, or the address of a structure.</param>
internal readonly record struct IoctlCall(UserMemory User, int GroupId, uint Request, CallWord Argument)
{
    /// <summary>FIONREAD: the number of readable bytes.</summary>
    public const uint BytesToRead = 0x541B;    // FIONREAD
}
