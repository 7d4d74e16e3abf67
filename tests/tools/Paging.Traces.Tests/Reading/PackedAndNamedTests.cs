using Paging.Traces.Reading;
using ZstdSharp;

namespace Paging.Traces.Tests;

/// <summary>Traces that zstd has packed, objects that have names, and what perf script prints.</summary>
public class PackedAndNamedTests
{
    /// <summary>A text of several frames, and libCacheSim's records: as libCacheSim's users keep them.</summary>
    [Fact]
    public void ZstandardIsUnpacked()
    {
        byte[] text = Texts.Bytes([.. Enumerable.Range(0, 50_000).Select(static page => $"{page % 997},{page % 2}")]);
        string expected = Texts.Read(text);
        Assert.Equal(expected, Texts.Read(Zstd(text)));
        Assert.Equal(expected, Texts.Read([.. Zstd(text[..1000]), .. Zstd(text[1000..])]));
        byte[] records = [.. Enumerable.Range(0, 100).SelectMany(static i => (byte[])
            [.. BitConverter.GetBytes(1_600_000_000 + i), .. BitConverter.GetBytes(7ul + (ulong)i), .. BitConverter.GetBytes(4096),
                .. BitConverter.GetBytes(-1L)])];
        Assert.Equal(Texts.Read(records), Texts.Read(Zstd(records)));
        using TraceReader reader = TraceReader.Open(new MemoryStream(Zstd(records)), "t");
        Assert.Equal(TraceFormat.OracleGeneral, reader.Format);
    }

    [Fact]
    public void PackedDataThatAreDamagedOrCutShortAreNamed()
    {
        byte[] packed = Zstd(Texts.Bytes([.. Enumerable.Range(0, 9_000).Select(static page => $"{page * 7919 % 9973}")]));
        for (int length = 4; length < packed.Length; length += 97)
            Assert.Contains("the zstd data are damaged: ", Texts.Error(packed[..length]), StringComparison.Ordinal);
        byte[] wild = [.. packed];
        wild.AsSpan(20, 200).Fill(0xA5);
        Assert.Contains("the zstd data are damaged: ", Texts.Error(wild), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("FD377A585A000004E6D6B446", "xz")]
    [InlineData("425A6839314159265359", "bzip2")]
    [InlineData("04224D186440A7", "lz4")]
    [InlineData("5D00008000FFFFFFFF", "lzma")]
    [InlineData("504B03041400", "ZIP")]
    public void OtherPackersAreNamed(string start, string packer) =>
        Assert.Contains($"packed by {packer}, which is not read", Texts.Error(Convert.FromHexString(start)), StringComparison.Ordinal);

    [Theory]
    [InlineData("time,obj_id,size", "1,key-a,10", "2,key/b.x,10", "3,key-a,99")]
    [InlineData("# a comment", "1;key-a;10;get", "2;key/b.x;10;get", "3;key-a;99;get")]
    [InlineData("page,store", "A,0", "B,0", "A,0")]
    [InlineData("", "12ab,0", "0x,0", "12ab,0")]
    public void NamesStandForPages(params string[] lines)
    {
        string[] pages = Texts.Read(Texts.Bytes(lines)).Split(' ');
        Assert.Equal(3, pages.Length);
        Assert.Equal(pages[0], pages[2]);
        Assert.NotEqual(pages[0], pages[1], StringComparer.Ordinal);
    }

    /// <summary>A number is itself, with and without names beside it.</summary>
    [Fact]
    public void ANumberAmongNamesKeepsItsValue() =>
        Assert.EndsWith(" 17*", Texts.Read(Texts.Bytes("A,0", "17,1")), StringComparison.Ordinal);

    /// <summary>The usual fields, and -F event,addr. Other events, call chains and samples without an address are passed over.</summary>
    [Fact]
    public void SamplesOfPerfAreAccesses()
    {
        byte[] text = Texts.Bytes(
            "    sort  2437 [001]  3025.386425:         30          cpu/mem-loads,ldlat=30/P:     7f1c2c0e4f30 |OP LOAD|LVL L1 hit|",
            "\t    7f1c2bd6a1b0 qsort+0x10 (/usr/lib/libc.so.6)",
            "",
            "            sort  2437 [001]  3025.386460:       1001            cpu/mem-stores/P:     7ffd1fded688 |OP STORE|",
            "            sort  2437 [001]  3025.386500:         30          cpu/mem-loads,ldlat=30/P:                0 |OP NA|",
            "            sort  2437 [001]  3025.386501:         30          cpu/mem-loads-aux/P:                0",
            "            sort  2437 [001]  3025.386502:    4000000          cycles:P:  55d0c1a2b3c4 main+0x4 (/usr/bin/sort)",
            "cpu_core/mem-loads,ldlat=30/:  ffff888100000123");
        Assert.Equal($"{0x7f1c2c0e4f30 >> 12} {0x7ffd1fded688 >> 12}* {0xffff888100000123 >> 12}", Texts.Read(text));
        Assert.Equal("t:2:18: expected an event mem-loads or mem-stores, a colon and a data address in hex: \"cpu/mem-loads/P: ?\"",
            Texts.Error(Texts.Bytes("cpu/mem-loads/P: 1000", "cpu/mem-loads/P: ?")));
    }

    /// <summary>What perf 6.1.187 printed: page faults have addresses, and <c>-e page-faults/name=mem-loads/</c> names them.</summary>
    [Fact]
    public void PerfsOwnLinesAreRead()
    {
        // perf record -W -d -c 1 -e page-faults/name=mem-loads/ ls; perf script -F +addr,+data_src,+weight; the second with -g
        byte[] text = Texts.Bytes(
            "              ls  4277 37177.604715:          1 mem-loads:     5595dc3da5c0 __progname+0x0 (/usr/bin/ls)      1e05080021 "
            + "|OP N/A|LVL N/A or N/A|SNP N/A|TLB N/A|LCK N/A|BLK  N/A               0 ffffffff8175336a elf_load+0x28a ([kernel.kallsyms])",
            "ls  4290 37181.472740:          1 mem-loads:     7f5ea60c5110 dl_close_state.2+0x0 (/usr/lib/x86_64-linux-gnu/ld.so.2)",
            "\tffffffff8175336a elf_load+0x28a ([kernel.kallsyms])",
            "\t    7f45402f2ad7 [unknown] ([unknown])",
            "               0 N/A",
            "");
        Assert.Equal($"{0x5595dc3da5c0 >> 12} {0x7f5ea60c5110 >> 12}", Texts.Read(text));
    }

    /// <summary>AMD's event has another name, and loads and stores: the data source tells them apart.</summary>
    [Fact]
    public void SamplesWithADataSourceAreAccesses()
    {
        byte[] text = Texts.Bytes(
            "ls 42 [000] 7.604715:  4000 ibs_op//:  7f00000010 main+0x4 (/bin/ls)  68100142 |OP LOAD|LVL L1 hit|SNP None|TLB L1 hit|LCK No",
            "ls 42 [000] 7.604716:  4000 ibs_op//:  7f00002010 [unknown] ([unknown])  68100144 |OP STORE|LVL L1 hit|SNP None|TLB N/A",
            "ls 42 [000] 7.604717:  4000 ibs_op//:  7f00004010 [unknown] ([unknown])  68100146 |OP LOAD or STORE|LVL L1 hit|SNP None",
            "ls 42 [000] 7.604718:  4000 ibs_op//:  0 [unknown] ([unknown])  68100141 |OP N/A|LVL N/A|SNP N/A|TLB N/A|LCK N/A");
        Assert.Equal($"{0x7f00000010 >> 12} {0x7f00002010 >> 12}* {0x7f00004010 >> 12}*", Texts.Read(text));
    }

    private static byte[] Zstd(byte[] bytes)
    {
        using MemoryStream packed = new();
        using (CompressionStream zstd = new(packed, leaveOpen: true)) zstd.Write(bytes, 0, bytes.Length);
        return packed.ToArray();
    }
}
