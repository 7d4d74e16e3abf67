using System.Globalization;
using Paging.Bench.Harness;

namespace Paging.Bench.Reports;

/// <summary>The results for other programs: a line for each contender.</summary>
/// <remarks>
/// The ratios are those of the <c>min_ns</c> column: above 1 is slower than the reference or the kernel (4 KiB pages). Empty where a race
/// has none.
/// </remarks>
internal static class CsvReport
{
    private const string Header = "operation,size,variant,min_ns,median_ns,ratio_to_reference,ratio_to_kernel,allocated_bytes";

    /// <summary>Writes the file.</summary>
    public static void Write(IReadOnlyList<RaceResult> results, TextWriter output)
    {
        output.Write(Header + "\n");
        foreach (RaceResult result in results)
        {
            foreach (Lap lap in result.Laps)
            {
                string[] fields =
                [
                    result.Operation,
                    result.Size,
                    RoleText.Of(lap.Role),
                    Number(lap.MinNanoseconds),
                    Number(lap.MedianNanoseconds),
                    Number(result.Ratio(lap, Role.Reference)),
                    Number(result.Ratio(lap, Role.Kernel)),
                    Number(lap.AllocatedBytes),
                ];
                output.Write(string.Join(',', fields) + "\n");
            }
        }
    }

    private static string Number(double? value) => value?.ToString("0.####", CultureInfo.InvariantCulture) ?? "";
}
