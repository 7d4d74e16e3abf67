using Paging.Guest.Abi;

namespace Paging.Guest.Vfs;

/// <summary>One ioctl(2).</summary>
/// <param name="User">The memory of the program that asks.</param>
/// <param name="GroupId">The process group of the program that asks.</param>
/// <param name="Request">What it asks for.</param>
/// <param name="Argument">A word, or where a structure lies.</param>
internal readonly record struct IoctlCall(UserMemory User, int GroupId, uint Request, CallWord Argument)
{
    /// <summary>FIONREAD: how many bytes can be read.</summary>
    public const uint BytesToRead = 0x541B;
}
