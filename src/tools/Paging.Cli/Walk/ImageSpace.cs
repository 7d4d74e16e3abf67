using Paging.Native;
using Paging.Pictures.Snapshots;
using Paging.Programs.Images;

namespace Paging.Cli.Walk;

/// <summary>An address space in an image, with what its figures need.</summary>
internal sealed class ImageSpace
{
    private const uint KernelStart = 0xC000_0000;

    /// <summary>Reads the tables once.</summary>
    public ImageSpace(MemoryImage image, PhysicalAddress cr3, TableFormat format)
    {
        Cr3 = cr3;
        Tables = new(image, cr3, format, image.Registers?.HasLargePages ?? true);
        Entries = [.. Tables.Entries().Where(static entry => entry.IsPresent)];
        View = ForeignSpace.Take(Name, format, cr3, (address, bytes) => image.Read(address, bytes));
    }

    /// <summary>The physical address of its directory.</summary>
    public PhysicalAddress Cr3 { get; }

    /// <summary>Its name in captions.</summary>
    public string Name => $"cr3 {Cr3.Value:x8}";

    /// <summary>Its tables.</summary>
    public ImageTables Tables { get; }

    /// <summary>The present entries of the last level, by address.</summary>
    public IReadOnlyList<ImageEntry> Entries { get; }

    /// <summary>The tables as the figures of engines take them.</summary>
    public SpaceView View { get; }

    /// <summary>True for the kernel's half.</summary>
    public static bool IsKernel(ImageEntry entry) => entry.Address.Value >= KernelStart;

    /// <summary>True for an entry of the direct map: a physical address, 3 GiB higher (Linux: PAGE_OFFSET).</summary>
    public static bool IsDirect(ImageEntry entry) => IsKernel(entry) && entry.Physical.Value == entry.Address.Value - KernelStart;

    /// <summary>Returns how many kernel addresses lead elsewhere than in another space.</summary>
    public int CountKernelDifferences(ImageSpace other)
    {
        Dictionary<uint, ulong> ours = Entries.Where(IsKernel).ToDictionary(static entry => entry.Address.Value,
            static entry => entry.Physical.Value);
        int common = 0, theirs = 0;
        foreach (ImageEntry entry in other.Entries.Where(IsKernel))
        {
            theirs++;
            if (ours.TryGetValue(entry.Address.Value, out ulong physical) && physical == entry.Physical.Value) common++;
        }

        return Math.Max(ours.Count, theirs) - common;
    }
}
