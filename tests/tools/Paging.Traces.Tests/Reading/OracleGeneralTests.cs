using System.Buffers.Binary;
using Paging.Traces.Reading;

namespace Paging.Traces.Tests;

/// <summary>libCacheSim's oracleGeneral: u32 time, u64 id, u32 size, i64 number of the next access, little endian, without gaps.</summary>
public class OracleGeneralTests
{
    private static readonly byte[] Trace = [.. Record(0, 7, 512, 3), .. Record(1, ulong.MaxValue, 4096, -1), .. Record(9, 7, 512, -1)];

    [Fact]
    public void EachRecordIsAnAccessToAnObject()
    {
        Assert.Equal("7 9223372036854775806 7", Texts.Read(Trace, TraceFormat.OracleGeneral));    // 63 bits of a hash of 64
        Assert.Equal("7 9223372036854775806 7", Texts.Read(Texts.Gzip(Trace), TraceFormat.OracleGeneral));
        Assert.Equal("", Texts.Read([], TraceFormat.OracleGeneral));
    }

    [Fact]
    public void TheFirstRecordShowsTheForm()
    {
        foreach (byte[] bytes in new[] { Trace, Texts.Gzip(Trace) })
        {
            using TraceReader reader = TraceReader.Open(new MemoryStream(bytes), "t");
            Assert.Equal((TraceFormat.OracleGeneral, false), (reader.Format, reader.HasStores));
        }
    }

    /// <summary>More records than fit into a buffer, of the reader and of the detection.</summary>
    [Fact]
    public void RecordsCrossTheEdgesOfTheBuffers()
    {
        const int Count = 20_000;
        byte[] bytes = [.. Enumerable.Range(0, Count).SelectMany(static i => Record((uint)i, (ulong)i * 3, 1, i + 2))];
        Assert.Equal(string.Join(' ', Enumerable.Range(0, Count).Select(static i => i * 3)), Texts.Read(bytes));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(23)]
    [InlineData(25)]
    [InlineData(71)]
    public void ARecordThatIsCutShortIsNamed(int byteLength) => Assert.Equal(
        $"t:{(byteLength / 24) + 1}: the last record is cut short: each has 24 bytes",
        Texts.Error(Trace[..byteLength], TraceFormat.OracleGeneral));

    [Fact]
    public void ANextAccessBeforeTheFirstIsRefused() => Assert.Equal(
        "t:2: not a record of oracleGeneral: u32 time, u64 id, u32 size, i64 next access",
        Texts.Error([.. Record(0, 1, 1, -1), .. Record(0, 1, 1, -2)], TraceFormat.OracleGeneral));

    [Fact]
    public void PackedDataThatAreCutShortAreNamed() => Assert.Contains("the gzip data are damaged",
        Texts.Error(Texts.Gzip(Trace)[..^9], TraceFormat.OracleGeneral), StringComparison.Ordinal);

    private static byte[] Record(uint time, ulong id, uint size, long next)
    {
        byte[] record = new byte[24];
        BinaryPrimitives.WriteUInt32LittleEndian(record, time);
        BinaryPrimitives.WriteUInt64LittleEndian(record.AsSpan(4), id);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(12), size);
        BinaryPrimitives.WriteInt64LittleEndian(record.AsSpan(16), next);
        return record;
    }
}
