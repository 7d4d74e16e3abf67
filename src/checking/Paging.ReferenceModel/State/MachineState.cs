using System.Diagnostics.CodeAnalysis;

namespace Paging.ReferenceModel.State;

/// <summary>The state that all processes share: the list of processes, and the pools of huge pages.</summary>
/// <param name="processes">All that live.</param>
/// <param name="hugeShift">The logarithm of a huge page's bytes.</param>
internal sealed class MachineState(IReadOnlyCollection<ModelProcess> processes, int hugeShift)
{
    private readonly HugePool _giant = new(HugePool.GiantPages, total: 0, surplusMax: 0);

    public IReadOnlyCollection<ModelProcess> Processes { get; } = processes;

    /// <summary>The pool of the usual size.</summary>
    public HugePool Pool { get; private set; } = new(1u << (hugeShift - 12), total: 0, surplusMax: 0);

    /// <summary>Files of huge pages that may still have users.</summary>
    public List<FileObject> HugeObjects { get; } = [];

    public void SetUpPool(long total, long surplusMax) => Pool = new(1u << (hugeShift - 12), total, surplusMax);

    /// <summary>The pool that flags of mmap or memfd_create ask for. Linux: hstate_sizelog.</summary>
    public bool TryFindPool(uint flags, [NotNullWhen(true)] out HugePool? found)
    {
        const int SizeShift = 26, GiantShift = 30;    // HUGETLB_FLAG_ENCODE_SHIFT; pages of 1 GiB
        int shift = (int)(flags >> SizeShift);
        found = shift == 0 || shift == hugeShift ? Pool : shift == GiantShift ? _giant : null;
        return found is not null;
    }

    /// <summary>After a call: objects without users give back their pages and reservations.</summary>
    public void ReleaseUnused()
    {
        foreach (FileObject contents in HugeObjects.Where(contents => !Processes.Any(process => process.Has(contents))).ToList())
        {
            contents.Huge!.DropFrom(0);
            HugeObjects.Remove(contents);
        }
    }
}
