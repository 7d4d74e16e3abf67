namespace Paging.Bench.Costs;

/// <summary>A kind of the kernel's work.</summary>
internal enum KernelWork
{
    /// <summary>The first store to each small page of anonymous memory.</summary>
    FirstStores,

    /// <summary>The same in transparent huge pages: a store to each 4 KiB.</summary>
    HugeFirstStores,

    /// <summary>The first load of each page, which maps the zero page.</summary>
    FirstLoads,

    /// <summary>munmap of memory that was stored to.</summary>
    Unmap,

    /// <summary>fork of a process with as much memory.</summary>
    Fork,

    /// <summary>The parent's store to each page after the fork, while the child lives.</summary>
    CopyOnWrite,

    /// <summary>pread of a cached file.</summary>
    ReadFile,

    /// <summary>The first load of each page of a cached file that is mapped.</summary>
    MappedFile,
}

/// <summary>The sizes of a kind of work, and its name in tables.</summary>
internal static class KernelWorks
{
    private const int StepCount = 6;

    /// <summary>Sizes that grow by four from 64 KiB, of huge pages by two from 2 MiB, of reads by four from 4 KiB.</summary>
    public static IEnumerable<uint> SizesOf(KernelWork work, uint largest)
    {
        (uint first, int shift) = work switch
        {
            KernelWork.HugeFirstStores => (2u << 20, 1),
            KernelWork.ReadFile => (4u << 10, 2),
            _ => (64u << 10, 2),
        };
        return Enumerable.Range(0, StepCount).Select(step => first << (step * shift))
            .TakeWhile((size, step) => step < 2 || size <= largest);    // at least one for each half
    }

    /// <summary>Its name in tables.</summary>
    public static string NameOf(KernelWork work) => work switch
    {
        KernelWork.FirstStores => "first stores",
        KernelWork.HugeFirstStores => "first stores, huge pages",
        KernelWork.FirstLoads => "first loads",
        KernelWork.Unmap => "munmap",
        KernelWork.Fork => "fork",
        KernelWork.CopyOnWrite => "stores after fork",
        KernelWork.ReadFile => "pread, cached",
        _ => "mapped file, cached",
    };
}
