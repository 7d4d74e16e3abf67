using System.Diagnostics.CodeAnalysis;
using Paging.Native.Memory;
using Paging.Native.Translation;

namespace Paging.Native;

//   offset  0        4           8       16      24      32      40          48
//          ┌────────┬───────────┬───────┬───────┬───────┬───────┬───────────┬──────────────────────┐
//          │ version│ page shift│ read  │ write │ epoch │  tag  │ host call │ 8 pages of devices   │
//          └────────┴───────────┴───────┴───────┴───────┴───────┴───────────┴──────────────────────┘
//   read, write: 2^20 words each (AddendPair)
/// <summary>The block in which code of other languages, and translated code, find a <see cref="TranslationCache"/>'s contents.</summary>
/// <remarks>
/// The layout is a promise (docs/decisions/0038). A word of <c>read</c> or <c>write</c> that is not 0, plus the guest's address, is the
/// host's address of the byte; 0 is a miss, which an access of the <c>Mmu</c> fills. The two pointers change when the cache gets or
/// loses its storage, so that each access loads them again, as <see cref="TranslationCache.TryReadHit{T}"/> does.
/// A page of a device with native functions (Contracts, INativeDevice) that was accessed lately has an entry (<see cref="DevicePage"/>)
/// at its number modulo 8. Code that finds the page there calls the device itself, as the interface says.
/// The block lives as long as this object.
/// </remarks>
[SuppressMessage("Design", "CA1001", Justification = "A SafeHandle, which the collector frees when it is no longer reachable.")]
public sealed class TranslationTables
{
    /// <summary>The version of the layout.</summary>
    public const uint Version = 1;

    private readonly HostBlock _block;

    // SAFETY: the block is a page long, and zeroed.
    internal unsafe TranslationTables(long* read, long* write, ulong epoch)
    {
        _block = new(VirtualAddress.PageSize);
        Words->Version = Version;
        Words->PageShift = VirtualAddress.PageShift;
        Words->Epoch = epoch;
        PointTo(read, write);
    }

    /// <summary>The host's address of the block.</summary>
    public unsafe nint Start => (nint)_block.Address;

    /// <summary>A word for the embedder: on a miss, it identifies the address space.</summary>
    // SAFETY: the block lives as long as this object.
    public unsafe ulong Tag
    {
        get => Words->Tag;
        set => Words->Tag = value;
    }

    // SAFETY: as Tag.
    internal unsafe ulong Epoch { set => Volatile.Write(ref Words->Epoch, value); }

    /// <summary>The pages of devices, for audits: a copy.</summary>
    // SAFETY: as Tag.
    internal unsafe DevicePage[] DevicePages => new Span<DevicePage>(&Words->FirstDevice, DevicePage.Count).ToArray();

    private unsafe Layout* Words => (Layout*)_block.Address;

    // SAFETY: as Tag; nothing is followed.
    internal unsafe void PointTo(long* read, long* write)
    {
        Volatile.Write(ref Words->Read, (nint)read);
        Volatile.Write(ref Words->Write, (nint)write);
    }

    /// <summary>Shows a page of a device, instead of another one in its place.</summary>
    /// <param name="page">The page.</param>
    /// <param name="shown">What is shown of it.</param>
    /// <param name="hostCall">The host's address of the engine's word for calls of the host's code; not 0.</param>
    // SAFETY: as Tag; the place is below the number of entries, and nothing is followed.
    internal unsafe void ShowDevice(PageNumber page, DevicePage shown, nint hostCall)
    {
        Words->HostCall = hostCall;
        (&Words->FirstDevice)[page.Value % DevicePage.Count] = shown;
    }

    /// <summary>Takes all pages of devices away.</summary>
    // SAFETY: as Tag.
    internal unsafe void ForgetDevices() => new Span<DevicePage>(&Words->FirstDevice, DevicePage.Count).Clear();

    private struct Layout
    {
        public uint Version;
        public uint PageShift;
        public nint Read;
        public nint Write;
        public ulong Epoch;
        public ulong Tag;
        public nint HostCall;
        public DevicePage FirstDevice;    // of DevicePage.Count
    }
}
