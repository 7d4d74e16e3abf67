using Paging.Tests;
using Xunit;

namespace Paging.Fuzz.Tests;

/// <summary>The matrix of features and operations: no cell is wrong, each refusal has a reason, the document is a run's.</summary>
public sealed class CrossingMatrixTests
{
    private const string Document = "docs/CROSSINGS.md", WriteVariable = "PAGING_WRITE_CROSSINGS";
    private const int SampleStep = 41;    // no divisor of either list's length

    [Fact]
    public void SomeCellsAreRightOrRefusedByName()
    {
        int count = 0;
        foreach (CrossingContext[] contexts in CrossingContexts.All)
            foreach (CrossingOperation operation in CrossingOperations.All)
                if (count++ % SampleStep == 0) AssertRight(CrossingMatrix.Run(contexts, operation));
    }

    /// <summary>The sample is the one above.</summary>
    [Fact, Trait("Category", "Slow")]
    public void EveryCellIsRightOrRefusedByNameAndTheDocumentSaysSo()
    {
        bool writes = Environment.GetEnvironmentVariable(WriteVariable) is "1";
        if (!Soak.IsWhole && !writes) return;
        CrossingCell[] cells = [.. CrossingMatrix.Run()];
        foreach (CrossingCell cell in cells) AssertRight(cell);
        HashSet<CrossingRefusalName?> needed = [.. cells.Where(static cell => cell.End != CrossingEnd.Done)
            .Select(static cell => CrossingRefusalName.Find(cell))];
        Assert.All(CrossingRefusalName.All, name => Assert.Contains(name, needed));

        string path = Path.Combine(CanaryFile.FindRepository(AppContext.BaseDirectory)!, Document), actual = CrossingDocument.Of(cells);
        if (writes) File.WriteAllText(path, actual);
        Assert.True(File.Exists(path) && string.Equals(File.ReadAllText(path), actual, StringComparison.Ordinal),
            $"{Document} is not that of this run: {WriteVariable}=1 writes it.\n{actual}");
    }

    /// <summary>A name in the lists that is no context of the matrix would name nothing.</summary>
    [Fact]
    public void RefusalsNameWhatThereIs()
    {
        foreach (CrossingRefusalName name in CrossingRefusalName.All)
        {
            foreach (string context in name.Contexts) Assert.Equal(context, CrossingContexts.Find(context).Name);
            foreach (string operation in name.Operations)
                Assert.Contains(CrossingOperations.All, one => string.Equals(one.Name, operation, StringComparison.Ordinal));
        }
    }

    private static void AssertRight(CrossingCell cell)
    {
        Assert.True(cell.End != CrossingEnd.Wrong, $"{cell.Context} × {cell.Operation}: {cell.Detail}");
        Assert.True(cell.End == CrossingEnd.Done || CrossingRefusalName.Find(cell) is not null,
            $"{cell.Context} × {cell.Operation} is refused, and CrossingRefusalName has no reason: {cell.Detail}");
    }
}
