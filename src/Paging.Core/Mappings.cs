using Paging.Native;

namespace Paging.Core;

/// <summary>Maps memory where there is room for it, in one short call that throws.</summary>
/// <remarks>
/// For the host's own set-up. <see cref="AddressSpace.Map(VirtualAddress, uint, MemoryProtection, MapFlags, out VirtualAddress)"/> is
/// mmap(2) with every argument, which returns an error and throws nothing.
/// </remarks>
public static class Mappings
{
    /// <summary>Maps anonymous memory that is private to the process.</summary>
    /// <param name="memory">The address space.</param>
    /// <param name="byteLength">The length in bytes, rounded up to pages.</param>
    /// <param name="protection">The rights.</param>
    /// <returns>Its first address.</returns>
    /// <exception cref="InvalidOperationException">The call was refused: no room, over a limit, or length 0.</exception>
    public static VirtualAddress MapAnonymous(
        this AddressSpace memory, uint byteLength, MemoryProtection protection = MemoryProtection.ReadWrite)
    {
        ArgumentNullException.ThrowIfNull(memory);
        const MapFlags flags = MapFlags.Private | MapFlags.Anonymous;
        return Succeeded(memory.Map(VirtualAddress.Zero, byteLength, protection, flags, out VirtualAddress at), at, byteLength);
    }

    /// <summary>Maps anonymous memory at an address where nothing is mapped.</summary>
    /// <param name="memory">The address space.</param>
    /// <param name="address">The address: a multiple of 4096.</param>
    /// <param name="byteLength">The length in bytes, rounded up to pages.</param>
    /// <param name="protection">The rights.</param>
    /// <exception cref="InvalidOperationException">Refused: the range is not free, or the address is not that of a page.</exception>
    public static void MapAnonymous(
        this AddressSpace memory, VirtualAddress address, uint byteLength, MemoryProtection protection = MemoryProtection.ReadWrite)
    {
        ArgumentNullException.ThrowIfNull(memory);
        const MapFlags flags = MapFlags.Private | MapFlags.Anonymous | MapFlags.FixedNoReplace;    // Fixed would replace other mappings
        _ = Succeeded(memory.Map(address, byteLength, protection, flags, out VirtualAddress at), at, byteLength);
    }

    /// <summary>Maps a file, without a descriptor.</summary>
    /// <param name="memory">The address space.</param>
    /// <param name="file">The file. It must be of the same engine.</param>
    /// <param name="byteLength">The length in bytes, rounded up to pages.</param>
    /// <param name="byteOffset">The offset in the file: a multiple of 4096.</param>
    /// <param name="protection">The rights.</param>
    /// <param name="isPrivate">True: the process's writes stay private. False: they go to the file.</param>
    /// <returns>Its first address.</returns>
    /// <exception cref="InvalidOperationException">The call was refused: no room, a wrong offset, or missing rights.</exception>
    public static VirtualAddress MapFile(
        this AddressSpace memory, GuestFile file, uint byteLength, ulong byteOffset = 0,
        MemoryProtection protection = MemoryProtection.ReadWrite, bool isPrivate = false)
    {
        ArgumentNullException.ThrowIfNull(memory);
        ArgumentNullException.ThrowIfNull(file);
        bool writes = !isPrivate && (protection & MemoryProtection.Write) != 0;
        FileRights rights = writes ? FileRights.ReadWrite : FileRights.Read;    // a private mapping writes to copies, and needs no right to
        _ = Succeeded(file.Open(rights, OpenFlags.None, out OpenGuestFile? open), default, byteLength);
        using (open)    // the area holds the open file itself
        {
            MapFlags flags = isPrivate ? MapFlags.Private : MapFlags.Shared;
            Errno error = open!.Map(memory, VirtualAddress.Zero, byteLength, protection, flags, byteOffset, out VirtualAddress at);
            return Succeeded(error, at, byteLength);
        }
    }

    /// <summary>Maps all registers of a device: each load and store there calls the device.</summary>
    /// <param name="memory">The address space.</param>
    /// <param name="device">The result of <see cref="HostMemoryFiles.CreateDevice"/>.</param>
    /// <returns>Their first address.</returns>
    /// <exception cref="InvalidOperationException">The call was refused: no room.</exception>
    public static VirtualAddress MapDevice(this AddressSpace memory, GuestFile device)
    {
        ArgumentNullException.ThrowIfNull(device);
        if (device.ByteLength > uint.MaxValue) _ = Succeeded(Errno.ENOMEM, default, device.ByteLength);    // longer than any address space
        return memory.MapFile(device, (uint)device.ByteLength);
    }

    private static VirtualAddress Succeeded(Errno error, VirtualAddress at, long byteLength) => error == Errno.None
        ? at
        : throw new InvalidOperationException($"Cannot map {byteLength} bytes: {error}.");
}
