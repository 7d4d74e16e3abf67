using System.Buffers.Binary;
using Paging.Traces.Reading;

namespace Paging.Traces.Tests;

/// <summary>ChampSim's records: a fetch, four loads and two stores, each of them or none.</summary>
public class ChampSimTests
{
    [Fact]
    public void ARecordIsAFetchThenLoadsThenStores()
    {
        byte[] bytes =
        [
            .. Record(0x401000, [0x7FFF_0000_0000_2000, 0], [0xFFFF_8000_0000_3000, 0, 0, 0x5000]), .. Record(0, [0, 0], [0, 0, 0, 0]),
            .. Record(0x402000, [0, 0x6000], [0, 0, 0, 0]),
        ];
        Assert.Equal($"1025 {0xFFFF_8000_0000_3000 >> 12} 5 {0x7FFF_0000_0000_2000 >> 12}* 1026 6*",
            Texts.Read(bytes, TraceFormat.ChampSim));
        Assert.Equal($"1025 {0xFFFF_8000_0000_3000 >> 12} 5 {0x7FFF_0000_0000_2000 >> 12}* 1026 6*",
            Texts.Read(Texts.Gzip(bytes), TraceFormat.ChampSim));
        using TraceReader reader = TraceReader.Open(new MemoryStream(bytes), "t", TraceFormat.ChampSim);
        bool[] areFetches = new bool[10];
        Assert.Equal(6, reader.Read(new TraceAccess[10], areFetches));
        Assert.Equal([true, false, false, false, true, false], areFetches[..6]);
    }

    [Fact]
    public void OtherBytesAreRefusedWithTheirRecord()
    {
        byte[] sound = Record(0x401000, [0, 0], [0, 0, 0, 0]);
        Assert.Equal("t:2: the last record is cut short: each has 64 bytes", Texts.Error([.. sound, 1, 2, 3], TraceFormat.ChampSim));
        byte[] wild = [.. sound, .. sound];
        wild[64 + 8] = 2;
        Assert.Equal("t:2: not a record of ChampSim: a branch and its outcome are 0 or 1", Texts.Error(wild, TraceFormat.ChampSim));
        Assert.Equal("", Texts.Read([], TraceFormat.ChampSim));
    }

    /// <summary>A buffer of the reader has 1,024 records: the numbers of later ones go on.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(1_023)]
    [InlineData(1_024)]
    [InlineData(1_025)]
    [InlineData(3_000)]
    public void LaterRecordsKeepTheirNumbers(int soundCount)
    {
        byte[] sound = [.. Enumerable.Range(0, soundCount).SelectMany(static i => Record((ulong)(i + 1) << 12, [0, 0], [0, 0, 0, 0]))];
        Assert.Equal(string.Join(' ', Enumerable.Range(1, soundCount)), Texts.Read(sound, TraceFormat.ChampSim));
        Assert.Equal($"t:{soundCount + 1}: the last record is cut short: each has 64 bytes",
            Texts.Error([.. sound, 1, 2, 3], TraceFormat.ChampSim));
        byte[] wild = Record(0x401000, [0, 0], [0, 0, 0, 0]);
        wild[9] = 2;
        Assert.Equal($"t:{soundCount + 1}: not a record of ChampSim: a branch and its outcome are 0 or 1",
            Texts.Error([.. sound, .. wild], TraceFormat.ChampSim));
    }

    private static byte[] Record(ulong instruction, ulong[] stores, ulong[] loads)
    {
        byte[] record = new byte[64];
        BinaryPrimitives.WriteUInt64LittleEndian(record, instruction);
        for (int i = 0; i < stores.Length; i++) BinaryPrimitives.WriteUInt64LittleEndian(record.AsSpan(16 + (i * 8)), stores[i]);
        for (int i = 0; i < loads.Length; i++) BinaryPrimitives.WriteUInt64LittleEndian(record.AsSpan(32 + (i * 8)), loads[i]);
        return record;
    }
}
