using Xunit;

namespace Paging.Core.Tests;

/// <summary>The sample in the README prints the text shown there. Runs alone, because the console is shared.</summary>
[Collection(nameof(EmbeddingSampleTests)), CollectionDefinition(nameof(EmbeddingSampleTests), DisableParallelization = true)]
public sealed class EmbeddingSampleTests
{
    [Fact]
    public void TheSamplePrintsTheParentsNumberAndItsMap()
    {
        TextWriter before = Console.Out;
        using StringWriter printed = new() { NewLine = "\n" };
        Console.SetOut(printed);
        try
        {
            EmbeddingSample.Run();
        }
        finally
        {
            Console.SetOut(before);
        }

        Assert.Equal("42\nb7ff0000-b8000000 rw-p 00000000 00:00 0 \n", printed.ToString());
    }
}
