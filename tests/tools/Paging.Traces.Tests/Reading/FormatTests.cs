using Paging.Traces.Reading;

namespace Paging.Traces.Tests;

/// <summary>The meaning of a line of each form, and lines that do not have the form.</summary>
public class FormatTests
{
    private const string Columns =
        "expected 'page', 'page,store' with store 0 or 1, or 'time,id,size,op' with or without op";

    [Theory]
    [InlineData(TraceFormat.Lackey, "I  04016b80,3", "16406")]
    [InlineData(TraceFormat.Lackey, " L 1fff000538,8", "33550336")]
    [InlineData(TraceFormat.Lackey, " S 1fff000538,8", "33550336*")]
    [InlineData(TraceFormat.Lackey, " M 00001000,4", "1*")]
    [InlineData(TraceFormat.Lackey, " S 00001ffe,4", "1* 2*")]         // crosses into the next page
    [InlineData(TraceFormat.Lackey, " L ffffffffffffffff,1", "4503599627370495")]
    [InlineData(TraceFormat.Lackey, " L 1000,8193", "1 2 3")]
    [InlineData(TraceFormat.Lackey, "==7066== Lackey, an example Valgrind tool", "")]
    [InlineData(TraceFormat.Lackey, "--7066-- warning", "")]
    [InlineData(TraceFormat.Address, "s 0x1fffff50 1", "131071*")]
    [InlineData(TraceFormat.Address, "l 0x1FFFFF58 6", "131071")]
    [InlineData(TraceFormat.Address, "l 1000", "1")]
    [InlineData(TraceFormat.Address, "s 0xffffffffffffffff 0", "4503599627370495*")]
    [InlineData(TraceFormat.Arc, "230027 3 0 17", "230027 230028 230029")]
    [InlineData(TraceFormat.Arc, "5 0 0 0", "")]
    [InlineData(TraceFormat.Arc, "9223372036854775807 0 0 0", "")]
    [InlineData(TraceFormat.Arc, "9223372036854775807 1 0 0", "9223372036854775807")]
    [InlineData(TraceFormat.Lirs, "2819", "2819")]
    [InlineData(TraceFormat.Lirs, "9223372036854775807", "9223372036854775807")]
    [InlineData(TraceFormat.Lirs, "*", "")]
    [InlineData(TraceFormat.Drmemtrace, "  11911   9759:  21646 read   8 byte(s) @ 0x00007ffd1fded688 by PC 0x7fcae55ed1a8", "34356723181")]
    [InlineData(TraceFormat.Drmemtrace, "   173371: T1774669 write        8 byte(s) @ 0x00001ffc by PC 0x0000000000402680", "1* 2*")]
    [InlineData(TraceFormat.Drmemtrace, "   12   9: 21646 ifetch       1 byte(s) @ 0xffffffffffffffff c3    ret", "4503599627370495")]
    [InlineData(TraceFormat.Drmemtrace, "   12   9: 21646 pref-r1      64 byte(s) @ 0x1000 by PC 0x2000", "")]
    [InlineData(TraceFormat.Drmemtrace, "           1           0:       21646 <marker: version 6>", "")]
    [InlineData(TraceFormat.Drmemtrace, "<--record#-> <--instr#->: <---tid---> <record details>", "")]
    [InlineData(TraceFormat.Drmemtrace, "------------------------------------------------------------", "")]
    [InlineData(TraceFormat.Drmemtrace, "Output format:", "")]
    [InlineData(TraceFormat.Drmemtrace, "View tool results:", "")]
    [InlineData(TraceFormat.Drmemtrace, "         154310 : total instructions", "")]
    [InlineData(TraceFormat.Drmemtrace, "   <...>", "")]
    [InlineData(TraceFormat.Perf, "x 1 2: 30 cycles: 1004 |OP STORE", "1*")]
    [InlineData(TraceFormat.Perf, "x 1 2: 30 cycles: 2004 |OP LOAD", "2")]
    [InlineData(TraceFormat.Perf, "x 1 2: 30 cycles: 3004 |OP LOAD|STORE|", "3")]
    [InlineData(TraceFormat.Perf, "x 1 2: 30 cycles: 3004 |OP EXEC|LOAD|", "")]
    [InlineData(TraceFormat.Lirs, "# a comment", "")]
    [InlineData(TraceFormat.Csv, "17;1", "17*")]
    [InlineData(TraceFormat.Csv, "5633898\t42932745\t512\tread", "42932745")]
    [InlineData(TraceFormat.Csv, "17", "17")]
    [InlineData(TraceFormat.Csv, "17,0", "17")]
    [InlineData(TraceFormat.Csv, "0xff , 1 ", "255*")]
    [InlineData(TraceFormat.Csv, "page, store", "")]
    [InlineData(TraceFormat.Csv, "page", "")]
    [InlineData(TraceFormat.Csv, "time,id,size,op", "")]
    [InlineData(TraceFormat.Csv, "timestamp, obj_id, obj_size", "")]
    [InlineData(TraceFormat.Csv, "5633898,42932745,512,read", "42932745")]
    [InlineData(TraceFormat.Csv, "5633898.25, 0x10 ,512, Write ", "16*")]
    [InlineData(TraceFormat.Csv, "0,7,4096", "7")]
    [InlineData(TraceFormat.Csv, "0,7,4096,get", "7")]
    [InlineData(TraceFormat.Csv, "0,7,4096,SET", "7*")]
    [InlineData(TraceFormat.Csv, "0,7,4096,delete", "")]
    [InlineData(TraceFormat.Csv, "0,18446744073709551615,4096", "9223372036854775806")]    // 63 bits of a hash of 64
    public void ALineMeans(TraceFormat format, string line, string pages) => Assert.Equal(pages, Texts.Read(Texts.Bytes(line), format));

    [Theory]
    [InlineData(TraceFormat.Lackey, 1, "X 04016b80,3",
        "expected 'I', 'L', 'S' or 'M', an address in hex, a comma and a size: \"X 04016b80,3\"")]
    [InlineData(TraceFormat.Lackey, 12, " L 04016b80",
        "expected 'I', 'L', 'S' or 'M', an address in hex, a comma and a size: \" L 04016b80\"")]
    [InlineData(TraceFormat.Lackey, 4, " L 10000000000000000,4", "a number has more than 64 bits: \" L 10000000000000000,4\"")]
    [InlineData(TraceFormat.Lackey, 9, " L 1000,0", "an access has 1 to 65536 bytes and ends within 64 bits: \" L 1000,0\"")]
    [InlineData(TraceFormat.Lackey, 9, " L 1000,65537", "an access has 1 to 65536 bytes and ends within 64 bits: \" L 1000,65537\"")]
    [InlineData(TraceFormat.Lackey, 21, " L ffffffffffffffff,2",
        "an access has 1 to 65536 bytes and ends within 64 bits: \" L ffffffffffffffff,2\"")]
    [InlineData(TraceFormat.Address, 1, "m 0x1000 1", "expected 'l' or 's', an address in hex and a number: \"m 0x1000 1\"")]
    [InlineData(TraceFormat.Address, 5, "s 0x 1", "expected 'l' or 's', an address in hex and a number: \"s 0x 1\"")]
    [InlineData(TraceFormat.Address, 9, "s 0x1000x", "expected 'l' or 's', an address in hex and a number: \"s 0x1000x\"")]
    [InlineData(TraceFormat.Address, 10, "s 0x1000 99999999999999999999",
        "a number has more than 64 bits: \"s 0x1000 99999999999999999999\"")]
    [InlineData(TraceFormat.Arc, 6, "1 2 3", "expected four numbers: first block, count, ignored, request: \"1 2 3\"")]
    [InlineData(TraceFormat.Arc, 9, "1 2 3 4 5", "expected four numbers: first block, count, ignored, request: \"1 2 3 4 5\"")]
    [InlineData(TraceFormat.Arc, 1, "-1 2 3 4", "expected four numbers: first block, count, ignored, request: \"-1 2 3 4\"")]
    [InlineData(TraceFormat.Arc, 3, "1 16777217 3 4", "a request has at most 16777216 blocks: \"1 16777217 3 4\"")]
    [InlineData(TraceFormat.Arc, 1, "9223372036854775807 2 0 0", "a block number has at most 63 bits: \"9223372036854775807 2 0 0\"")]
    [InlineData(TraceFormat.Arc, 1, "18446744073709551615 5 0 0", "a block number has at most 63 bits: \"18446744073709551615 5 0 0\"")]
    [InlineData(TraceFormat.Lirs, 1, "9223372036854775808", "a block number has at most 63 bits: \"9223372036854775808\"")]
    [InlineData(TraceFormat.Lirs, 1, "18446744073709551616", "a number has more than 64 bits: \"18446744073709551616\"")]
    [InlineData(TraceFormat.Lirs, 4, "12 13", "expected a block number or '*': \"12 13\"")]
    [InlineData(TraceFormat.Lirs, 2, "**", "expected a block number or '*': \"**\"")]
    [InlineData(TraceFormat.Csv, 3, "1,2", $"{Columns}: \"1,2\"")]
    [InlineData(TraceFormat.Csv, 3, "1,", $"{Columns}: \"1,\"")]
    [InlineData(TraceFormat.Csv, 5, "1,0,", $"{Columns}: \"1,0,\"")]
    [InlineData(TraceFormat.Csv, 3, "1,,0", $"{Columns}: \"1,,0\"")]
    [InlineData(TraceFormat.Csv, 5, "1,a b,4096", $"{Columns}: \"1,a b,4096\"")]
    [InlineData(TraceFormat.Csv, 9, "1,7,4096,get,9", $"{Columns}: \"1,7,4096,get,9\"")]
    [InlineData(TraceFormat.Csv, 14, "1,7,4096,get x", $"{Columns}: \"1,7,4096,get x\"")]
    [InlineData(TraceFormat.Csv, 3, "1,18446744073709551616,4096", "a number has more than 64 bits: \"1,18446744073709551616,4096\"")]
    [InlineData(TraceFormat.Csv, 10, "1,7,4096,fly", "an op is get, gets, read, set, add, cas, replace, append, prepend, incr, decr, "
        + "write, update, delete or nop: \"1,7,4096,fly\"")]
    [InlineData(TraceFormat.Csv, 9, "time,id,size,op,next", $"{Columns}: \"time,id,size,op,next\"")]
    [InlineData(TraceFormat.Csv, 1, "0x8000000000000000", "a page number has at most 63 bits: \"0x8000000000000000\"")]
    [InlineData(TraceFormat.Lirs, 1, "\u0000\u00FF\u001B[31m", "expected a block number or '*': \"\\x00\\xff\\x1b[31m\"")]
    [InlineData(TraceFormat.Lirs, 1, "x12345678901234567890123456789012345678901234567890",
        "expected a block number or '*': \"x123456789012345678901234567890123456789…\"")]
    public void ALineIsRefused(TraceFormat format, int column, string line, string reason) =>
        Assert.Equal($"t:1:{column}: {reason}", Texts.Error(Texts.Bytes(line), format));

    [Theory]
    [InlineData(TraceFormat.Drmemtrace, 32, "  11911   9759:  21646 read   8x byte(s) @ 0x00007ffd1fded688")]
    [InlineData(TraceFormat.Drmemtrace, 45, "  11911   9759:  21646 read   8 byte(s) @ 0xg")]
    [InlineData(TraceFormat.Drmemtrace, 48, "  11911   9759:  21646 read   8 byte(s) @ 0x7ffzz by PC 0x10")]
    [InlineData(TraceFormat.Drmemtrace, 23, "  11911   9759  21646 rea   8 byte(s) @ 0x10")]
    [InlineData(TraceFormat.Drmemtrace, 1, "a line of another tool")]
    [InlineData(TraceFormat.Perf, 18, "cpu/mem-loads/P: ? 1000")]
    [InlineData(TraceFormat.Perf, 20, "cpu/mem-loads/P: 7fxc 1000")]
    [InlineData(TraceFormat.Csv, 12, "17; 1; 512;fly")]
    public void TheColumnIsNamed(TraceFormat format, int column, string line)
    {
        TraceFormatException refusal = Assert.Throws<TraceFormatException>(() => Texts.Read(Texts.Bytes(line), format));
        Assert.StartsWith($"t:1:{column}: ", refusal.Message, StringComparison.Ordinal);
        Assert.Equal((1, column), (refusal.Line, refusal.Column));
    }

    /// <summary>Columns count characters, and the quoted part of a long line has the place.</summary>
    [Theory]
    [InlineData("größe 1 cpu/mem-loads/P: ?", "t:1:26: ", "\"gr\\xc3\\xb6\\xc3\\x9fe 1 cpu/mem-loads/P: ?\"")]
    [InlineData("a-program-of-a-name 2437 [001] 3025.386425: 30 cpu/mem-loads,ldlat=30/P: zz 7f1c2c0e4f30 |OP LOAD|", "t:1:74: ",
        "\"…m-loads,ldlat=30/P: zz 7f1c2c0e4f30 |OP …\"")]
    public void TheQuotedPartHasThePlace(string line, string place, string quote)
    {
        string message = Texts.Error(System.Text.Encoding.UTF8.GetBytes(line), TraceFormat.Perf);
        Assert.StartsWith(place, message, StringComparison.Ordinal);
        Assert.EndsWith(": " + quote, message, StringComparison.Ordinal);
    }

    [Fact]
    public void AReplayCountsAccessesStoresAndPages()
    {
        TraceReplay replay = new();
        using TraceReader reader = TraceReader.Open(new MemoryStream(Texts.Bytes("1,0", "2,1", "3,0", "2,1", "9,1", "1,0", "1,0")), "t",
            TraceFormat.Csv);
        int blocks = 0;
        replay.Run(reader, [], () => blocks++);
        Assert.Equal((7, 3, 4, true, 1), (replay.AccessCount, replay.StoreCount, replay.DistinctPageCount, replay.HasStores, blocks));
    }

    [Fact]
    public void TheThirdLineIsNamed() =>
        Assert.StartsWith("t:3:1: ", Texts.Error(Texts.Bytes("1", "", "x", "2")), StringComparison.Ordinal);

    [Fact]
    public void AHeaderComesFirstOrNotAtAll() =>
        Assert.StartsWith("t:2:6: ", Texts.Error(Texts.Bytes("1,0", "page,store")), StringComparison.Ordinal);

    [Theory]
    [InlineData("1,0", true)]
    [InlineData("1", false)]
    [InlineData("1,2,3", false)]
    [InlineData("1,2,3,get", true)]
    public void ACsvHasStoresIfALineHasAnOperation(string line, bool hasStores)
    {
        using TraceReader reader = TraceReader.Open(new MemoryStream(Texts.Bytes(line)), "t", TraceFormat.Csv);
        Assert.Equal(1, reader.Read(new TraceAccess[4]));
        Assert.Equal(hasStores, reader.HasStores);
    }
}
