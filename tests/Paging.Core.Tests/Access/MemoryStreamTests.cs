using System.Text;
using Paging.Tests;
using Xunit;

namespace Paging.Core.Tests;

/// <summary>A range of guest memory as a stream keeps the contract of <see cref="Stream"/>.</summary>
public sealed class MemoryStreamTests
{
    [Fact]
    public void OtherCodeReadsAndWritesGuestMemory()
    {
        using World world = new();
        world.Map(0, 4);
        using Stream stream = world.Memory.OpenStream(World.At(0, 100), 10_000);
        using (StreamWriter writer = new(stream, Encoding.UTF8, leaveOpen: true)) writer.Write(new string('x', 9000));
        Assert.Equal((byte)'x', world.Peek(1));
        Assert.Equal(9003, stream.Position);    // with the mark of UTF-8
        stream.Position = 0;
        using StreamReader reader = new(stream, leaveOpen: true);
        Assert.StartsWith(new string('x', 9000) + '\0', reader.ReadToEnd(), StringComparison.Ordinal);
        Assert.Equal(10_000, stream.Length);
        Assert.Equal(0, stream.Read(new byte[1]));
        Assert.Equal(-1, stream.ReadByte());
    }

    /// <summary>The stream of the class library is the model.</summary>
    [Fact]
    public void ItBehavesAsAStreamOfTheLibrary() => Property.ForSeeds(40, seed =>
    {
        using World world = new();
        world.Map(0, 3);
        Random random = new((int)seed);
        byte[] bytes = new byte[3 * 4096];
        using MemoryStream model = new(bytes);
        using Stream stream = world.Memory.OpenStream(World.At(0), bytes.Length);
        for (int step = 0; step < 200; step++)
        {
            byte[] first = new byte[random.Next(1, 5000)], second = new byte[first.Length];
            switch (random.Next(4))
            {
                case 0:
                    long offset = random.Next(8) == 0 ? 0 : random.Next(-2000, 14_000);
                    SeekOrigin origin = (SeekOrigin)random.Next(3);
                    bool fails = Record.Exception(() => model.Seek(offset, origin)) is not null;
                    Assert.Equal(fails, Record.Exception(() => stream.Seek(offset, origin)) is not null);
                    break;
                case 1:
                    random.NextBytes(first);
                    bool isTooLong = Record.Exception(() => model.Write(first)) is not null;
                    Assert.Equal(isTooLong, Record.Exception(() => stream.Write(first)) is not null);
                    break;
                default:
                    Assert.Equal(model.Read(first), stream.Read(second));
                    Assert.Equal(first, second);
                    break;
            }

            Assert.Equal(model.Position, stream.Position);
        }
    });

    [Fact]
    public async Task AsynchronousCallsEndAtOnce()
    {
        using World world = new();
        world.Map(0, 1);
        await using Stream stream = world.Memory.OpenStream(World.At(0), 4096);
        ValueTask writing = stream.WriteAsync(new byte[] { 1, 2, 3 }, TestContext.Current.CancellationToken);
        Assert.True(writing.IsCompletedSuccessfully);
        await writing;
        stream.Position = 1;
        Assert.Equal(2, stream.ReadByte());
    }

    [Fact]
    public void AFaultIsAnIOExceptionThatNamesIt()
    {
        using World world = new();
        world.Map(0, 1);
        using Stream stream = world.Memory.OpenStream(World.At(0), 8192);
        stream.Position = 4000;
        Assert.Equal(96, stream.Read(new byte[200]));
        IOException failure = Assert.Throws<IOException>(() => stream.ReadExactly(new byte[1]));
        Assert.Equal(MemoryFaultKind.NotMapped, Assert.IsType<PageFaultException>(failure.InnerException).Fault.Kind);
        stream.Position = 4000;
        Assert.Throws<IOException>(() => stream.Write(new byte[200]));
        Assert.Equal(4096, stream.Position);
        stream.Position = 8190;
        Assert.Throws<IOException>(() => stream.Write(new byte[3]));
        Assert.Equal(8190, stream.Position);
    }

    [Fact]
    public void MisuseIsRefused()
    {
        using World world = new();
        world.Map(0, 1);
        Stream stream = world.Memory.OpenStream(World.At(0), 4096, FileAccess.Read);
        Assert.False(stream.CanWrite);
        Assert.Throws<NotSupportedException>(() => stream.WriteByte(1));
        Assert.Throws<NotSupportedException>(() => stream.SetLength(1));
        Assert.Throws<NotSupportedException>(() => world.Memory.OpenStream(World.At(0), 1, FileAccess.Write).ReadByte());
        stream.Dispose();
        Assert.Throws<ObjectDisposedException>(() => stream.ReadByte());
        Assert.Throws<ArgumentOutOfRangeException>(() => world.Memory.OpenStream(new(uint.MaxValue), 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => world.Memory.OpenStream(default, -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => world.Memory.OpenStream(default, 1, 0));
    }
}
