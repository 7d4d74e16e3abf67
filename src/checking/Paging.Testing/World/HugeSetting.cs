using Paging.Core;
using Paging.HostKernel;
using Paging.Native;
using Paging.Scripting.Calls;
using Paging.Testing.Randomness;

namespace Paging.Testing.World;

/// <summary>The huge pages of the scenarios of a block of seeds. Most blocks have none: a huge page takes long to clear.</summary>
/// <param name="PageBytes">The bytes that one entry of a page directory maps.</param>
/// <param name="PoolPages">The pool at the start of a scenario; below 0: there is none, and transparent pages are on.</param>
/// <param name="SurplusPages">The pages that it may take from ordinary memory on demand.</param>
internal sealed record HugeSetting(uint PageBytes, int PoolPages, int SurplusPages)
{
    /// <summary>Huge pages that the pool may be asked to have.</summary>
    public const int PoolPagesMax = 6;

    private const int BlocksPerHugeBlock = 16;
    private const int BlocksPerHostBlock = 4;    // of fewer seeds in the same time
    private const uint PagesOfRam = 20;    // RAM in huge pages; a quarter of them stays free, so that transparent ones can be made

    /// <summary>The setting of a block for an engine with its tables; null for most blocks.</summary>
    public static HugeSetting? Draw(ulong block, TableFormat tables)
    {
        if (block % BlocksPerHugeBlock != 1) return null;
        FuzzRandom random = new(~block);
        return new(PageBytesOf(tables), random.Below(6), random.Percent(35) ? random.Between(1, 2) : 0);
    }

    /// <summary>A block that has huge pages, or has none: another one for each seed.</summary>
    public static ulong BlockFor(ulong seed, bool isHuge) =>
        unchecked((seed * BlocksPerHugeBlock) + (isHuge ? 1 : 2 + (seed % (BlocksPerHugeBlock - 2))));

    /// <summary>The setting of a block for this host's kernel, whose pool belongs to its administrator; null for most blocks.</summary>
    public static HugeSetting? DrawForHost(ulong block) =>
        block % BlocksPerHostBlock == 1 && HostKernelProbe.ShowsTransparentPages ? new(PageBytesOf(TableFormat.Pae), -1, 0) : null;

    /// <summary>True if there is a pool.</summary>
    public bool HasPool => PoolPages >= 0;

    /// <summary>The size that one entry of a page directory maps.</summary>
    public static uint PageBytesOf(TableFormat tables) => tables == TableFormat.Pae ? 2u << 20 : 4u << 20;

    /// <summary>RAM of an engine for such scenarios.</summary>
    public static ulong RamBytesFor(TableFormat tables) => (ulong)PageBytesOf(tables) * PagesOfRam;

    /// <summary>The engine for a scenario that its header gives huge pages; the same engine for one that has none.</summary>
    public static EngineOptions Equip(EngineOptions engine, ScenarioHeader header)
    {
        if (!header.UsesHugePages) return engine;
        ulong ramBytes = Math.Max(engine.RamBytes, RamBytesFor(engine.Tables));
        long room = (long)(ramBytes / PageBytesOf(engine.Tables) / 2);    // the rest of RAM is for all else
        return engine with
        {
            RamBytes = ramBytes,
            HugePages = (int)Math.Min(header.HugePages ?? 0, room),
            SurplusHugePages = (int)Math.Min(header.SurplusHugePages, room),
            TransparentHugePages = TransparentHugePages.Advised,
        };
    }

    /// <summary>A header with these pages. Now and then transparent ones are off for the process.</summary>
    public ScenarioHeader AddTo(ScenarioHeader header, FuzzRandom random) => header with
    {
        HugePages = HasPool ? PoolPages : null,
        SurplusHugePages = SurplusPages,
        HasTransparentPages = !HasPool || random.Percent(85),
    };
}
