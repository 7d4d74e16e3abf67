using System.Globalization;
using System.Text;
using Paging.Native;
using Paging.Scripting.Calls;
using Paging.Tests;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>
/// A family with private, shared and file mappings of a small pool of huge pages makes random calls, engine and model side by side, and
/// the pool is looked at after each.
/// </summary>
/// <remarks>
/// Six lines of memory, so that calls meet: a child inherits a page, its owner takes it back, moves it or gives it up, and the pool
/// shrinks meanwhile. Linux: mm/hugetlb.c hugetlb_wp, unmap_ref_private, __unmap_hugepage_range, hugetlb_vm_op_close, set_max_huge_pages.
/// </remarks>
public sealed class PoolWalkTests
{
    private const int LineCount = 6, CallCount = 14;
    private const uint FirstLine = 0x2100_0000, LineBytes = 0x20_0000;

    private static readonly EngineOptions Engine = World.Options() with { Tables = TableFormat.Pae };

    /// <summary>Two private pages, the first written; one that is not reserved; a private and a shared view of one file.</summary>
    private const string Setting = """
        munlockall()
        munmap(0x10000, 0xbffe0000)
        close(3)
        setpool(5)
        memfd("H", MFD_HUGETLB|MFD_HUGE_2MB)
        ftruncate(3, 0x600000)
        mmap(0x21000000, 0x400000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_HUGETLB|MAP_FIXED, -1, 0)
        store(0x21000000, 5)
        mmap(0x21400000, 0x200000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_HUGETLB|MAP_FIXED|MAP_NORESERVE, -1, 0)
        mmap(0x21600000, 0x400000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_FIXED, 3, 0)
        mmap(0x21a00000, 0x200000, PROT_READ|PROT_WRITE, MAP_SHARED|MAP_FIXED, 3, 0)
        """;

    private const string Questions = """
        smaps(0, 0xc0000000)
        hugemap(0x21000000, 0x21c00000)
        usage()
        vm()
        fsize(3)
        """;

    private static readonly string[] Mappings =
    [
        "MAP_PRIVATE|MAP_ANONYMOUS|MAP_HUGETLB|MAP_FIXED, -1, 0", "MAP_PRIVATE|MAP_ANONYMOUS|MAP_HUGETLB|MAP_FIXED|MAP_NORESERVE, -1, 0",
        "MAP_SHARED|MAP_ANONYMOUS|MAP_HUGETLB|MAP_FIXED, -1, 0", "MAP_PRIVATE|MAP_FIXED, 3, 0", "MAP_PRIVATE|MAP_FIXED, 3, 0x200000",
        "MAP_SHARED|MAP_FIXED, 3, 0", "MAP_SHARED|MAP_FIXED|MAP_NORESERVE, 3, 0x200000", "MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0",
    ];

    [Trait("Category", "Medium")]
    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 2)]
    [InlineData(1, 3)]
    [InlineData(3, 4)]
    [InlineData(0, 5)]
    [InlineData(1, 6)]
    [InlineData(2, 7)]
    public void AFamilyAroundASmallPool(int surplusMax, int seed)
    {
        ScenarioHeader header = ScenarioHeader.Default with { HugePages = 4, SurplusHugePages = surplusMax, HasTransparentPages = true };
        using EdgeScript script = new(Setting, Questions, header, Engine);
        Random random = new(seed);
        for (int walk = 0; walk < Soak.Of(16, 4); walk++) script.Try(new Walk(random).ToString());
        script.Finish(1);
    }

    /// <summary>Writes down random calls of processes that live.</summary>
    private sealed class Walk
    {
        private readonly Random _random;
        private readonly StringBuilder _text = new();
        private readonly List<int> _live = [0];
        private int _processCount = 1;

        public Walk(Random random)
        {
            _random = random;
            for (int call = 0; call < CallCount; call++)
            {
                int process = _live[random.Next(_live.Count)];
                if (process != 0) _text.Append(CultureInfo.InvariantCulture, $"[{process}] ");
                _text.AppendLine(Next(process)).AppendLine("pool()");
            }
        }

        public override string ToString() => _text.ToString();

        private string Next(int process)
        {
            switch (_random.Next(16))
            {
                case 0 or 1 when _live.Count < 4:
                    _live.Add(_processCount++);
                    return "fork()";
                case 2 when process != 0:
                    _live.Remove(process);
                    return "exit(0)";
                case 3: return Call($"munmap({Line()}, {Length()})");
                case 4: return Call($"madvise({Line()}, {Length()}, MADV_DONTNEED)");
                case 5: return Call($"mremap({Line()}, {LineBytes}, {LineBytes}, MREMAP_MAYMOVE|MREMAP_FIXED, {Line()})");
                case 6: return Call($"mmap({Line()}, {LineBytes}, PROT_READ|PROT_WRITE, {Mappings[_random.Next(Mappings.Length)]})");
                case 7: return Call($"setpool({_random.Next(8)})");
                case 8 when _random.Next(2) == 0: return Call($"ftruncate(3, {Length()})");
                case 8: return Call($"punch(3, {Length() - LineBytes}, {Length()})");
                case 9 or 10: return Call($"load({Line()})");
                case 11 when _random.Next(3) == 0: return Call($"mprotect({Line()}, {Length()}, PROT_READ)");
                default: return Call($"store({Line() + 64}, {_random.Next(1, 100)})");
            }
        }

        private uint Line() => FirstLine + ((uint)_random.Next(LineCount) * LineBytes);

        private uint Length() => (uint)_random.Next(1, 4) * LineBytes;

        private static string Call(FormattableString call) => call.ToString(CultureInfo.InvariantCulture);
    }
}
